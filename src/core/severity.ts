export const severities = ['P0', 'P1', 'P2', 'P3'] as const;

/** P0 is the worst. */
export type Severity = (typeof severities)[number];

/** Whether promotions wait while an incident of that severity is open. */
export function freezes(severity: Severity): boolean {
  return severity <= 'P1';
}

export function isWorse(a: Severity, b: Severity): boolean {
  return a < b;
}

export function worst(all: readonly Severity[]): Severity | undefined {
  return all.toSorted()[0];
}
