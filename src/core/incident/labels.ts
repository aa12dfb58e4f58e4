import { own } from '../own.ts';

/** What an alert says about itself. */
export type Labels = Readonly<Record<string, string>>;

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([label, value]) => own(labels, label) === value);
}
