/** What an alert says about itself. */
export type Labels = Readonly<Record<string, string>>;

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([label, value]) => own(labels, label) === value);
}

/** What senders name must not reach what every object inherits. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
