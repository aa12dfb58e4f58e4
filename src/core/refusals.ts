import { sayActor, type Actor } from './actor.ts';
import type { Refusal } from './refusal.ts';
import { sayMoment, type Instant, type Milliseconds } from './time.ts';

/** So many refusals of one person are told to everybody who follows a stream, before they are told to that person alone. */
const told = 5;
const quietFor: Milliseconds = 60 * 60_000;

/** How often somebody was refused, and since when that counts. */
export type Refusals = Readonly<Record<string, { readonly count: number; readonly since: Instant }>>;

/**
 * A refusal as it goes on record. Whoever presses a button two hundred times is answered two hundred times; the thread,
 * where others try to work, hears of the first few, and with the last of them that there may be more.
 */
export function voiced(refusal: Refusal, known: Refusals | undefined, by: Actor, at: Instant): Refusal {
  const { quiet: _quiet, quietUntil: _until, ...plain } = refusal;
  const { count, since } = withRefusal(known, by, at)[keyOf(by)] ?? { count: 1, since: at };
  if (count > told) return { ...plain, quiet: true };
  return count === told ? { ...plain, quietUntil: since + quietFor } : plain;
}

/** Only what still counts is kept. */
export function withRefusal(known: Refusals | undefined, by: Actor, at: Instant): Refusals {
  const recent = Object.entries(known ?? {}).filter(([, { since }]) => at - since < quietFor);
  const all = Object.fromEntries(recent);
  const { count, since } = all[keyOf(by)] ?? { count: 0, since: at };
  return { ...all, [keyOf(by)]: { count: count + 1, since } };
}

/** One line of the timeline; undefined for a refusal that is told to nobody else. */
export function sayRefusal({
  what,
  why,
  quiet,
  quietUntil,
  by,
}: Refusal & { readonly by: Actor }): string | undefined {
  if (quiet) return undefined;
  const rest =
    quietUntil === undefined
      ? ''
      : ` Until ${sayMoment(quietUntil)}, further refusals are told to ${by.name} alone.`;
  return `Refused: ${sayActor(by)} tried to ${what}. ${why}${rest}`;
}

/** People, not accounts, where the roster knows them. */
function keyOf(by: Actor): string {
  if (by.kind !== 'person') return `${by.kind} ${by.name}`;
  return by.person === undefined ? `account ${by.account ?? by.name}` : `person ${by.person}`;
}
