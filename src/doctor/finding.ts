/** Parts of the whole, in the order in which they are shown. */
export const areas = [
  'Settings',
  'Machine',
  'Policies',
  'Slack',
  'PagerDuty',
  'Mail',
  'GitHub',
  'Sentry',
  'Health checks',
] as const;
export type Area = (typeof areas)[number];

/**
 * How one thing is. `missing`: not configured, and Lastgood runs without it. `wrong`: something that is needed does not
 * work, or will not when it is. `unknown`: nobody can tell from here.
 */
export type Status = 'ok' | 'missing' | 'wrong' | 'unknown';

/** What a check has to say of one thing. Names only: no value of a secret is ever in it. */
export interface Looked {
  readonly name: string;
  readonly status: Status;
  readonly what: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface Finding extends Looked {
  readonly area: Area;
}

export function ok(name: string, what: string): Looked {
  return { name, status: 'ok', what };
}

export function missing(name: string, what: string, advice?: string): Looked {
  return { name, status: 'missing', what, ...(advice !== undefined && { advice }) };
}

export function wrong(name: string, what: string, advice?: string): Looked {
  return { name, status: 'wrong', what, ...(advice !== undefined && { advice }) };
}

export function unknown(name: string, what: string, advice?: string): Looked {
  return { name, status: 'unknown', what, ...(advice !== undefined && { advice }) };
}
