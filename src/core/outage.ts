import { sayMoment, sayTime, type Instant } from './time.ts';

/** A time in which nobody could be called: from the last sign of life to the first one after it. */
export interface Outage {
  readonly from: Instant;
  readonly to: Instant;
  /** Not stopped, but suspended with its machine; or somebody set the clock forward. */
  readonly asleep?: true;
}

/** `Lastgood was down 03:02:00–03:09:00 UTC` */
export function sayOutage({ from, to, asleep }: Outage): string {
  const how = asleep ? 'asleep, or its clock was set forward,' : 'down';
  return `Lastgood was ${how} ${sayTime(from)}–${sayMoment(to)}`;
}

/** `2 steps fired late` */
export function sayLate(steps: number): string {
  return `${steps} ${steps === 1 ? 'step' : 'steps'} fired late`;
}

/** `1 message that had come in was still unread, since 03:01:05` */
export function sayUnread({ count, since }: { readonly count: number; readonly since: Instant }): string {
  return count === 1
    ? `1 message that had come in was still unread, since ${sayTime(since)}`
    : `${count} messages that had come in were still unread, the first since ${sayTime(since)}`;
}
