export const severities = ['P0', 'P1', 'P2', 'P3'] as const;

/** P0 is the worst. */
export type Severity = (typeof severities)[number];

export function isWorse(a: Severity, b: Severity): boolean {
  return a < b;
}

export function worst(all: readonly Severity[]): Severity | undefined {
  return all.toSorted()[0];
}
