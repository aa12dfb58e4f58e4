import type { Actor } from '../actor.ts';
import type { Policies } from '../policies/policies.ts';
import { sayPast, type Instant, type Milliseconds } from '../time.ts';
import type { Period } from './period.ts';
import type { Channel } from './state.ts';

/** Of what an unconfirmed report says about when it was deployed, so much is believed. */
export const believedBack: Milliseconds = 15 * 60_000;

/**
 * Whose word alone it is that a version is live; undefined where that is good enough. A person answers for what they
 * say, and GitHub signs; a token that stands for nobody may be in anybody's hands, unless the policy names it.
 */
export function mereReporter(by: Actor, app: string, { channels }: Policies): string | undefined {
  if (by.kind !== 'token') return undefined;
  return channels.apps[app]?.trusted_reporters?.includes(by.name) === true ? undefined : by.name;
}

/** Never verified by us, nor said by a person, a registry or a system that signs: only such a report tells of it. */
export function isHearsay({ periods }: { readonly periods: readonly Period[] }, version: string): boolean {
  const times = periods.filter((period) => period.version === version);
  return times.length > 0 && times.every(({ toldBy }) => toldBy !== undefined);
}

/**
 * `1.4.9 is known on shop/stable only from a report of the token deploy-bot at 02:10 UTC`. Of a version that somebody has
 * answered for, the same is said of its coming back: whoever has the token might bring back one of last year.
 */
export function sayHearsay(channel: Channel, version: string, now: Instant): string | undefined {
  const last = channel.periods.findLast((period) => period.version === version);
  if (last?.toldBy === undefined) return undefined;
  const at = sayPast(last.from, now);
  return isHearsay(channel, version)
    ? `${version} is known on ${channel.name} only from a report of the token ${last.toldBy} at ${at}`
    : `${version} came back to ${channel.name} at ${at} by the word of the token ${last.toldBy} alone`;
}
