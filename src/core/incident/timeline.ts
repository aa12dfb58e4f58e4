import type { Recorded } from '../stream.ts';
import { sayBetween, sayTime, type Milliseconds } from '../time.ts';
import { describeIncidentEvent } from './describe.ts';
import type { IncidentEvent } from './event.ts';
import { causeOf } from './last-call.ts';

type RungFired = Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>;
type PageDelivered = Recorded<Extract<IncidentEvent, { type: 'page.delivered' }>>;

/** A page that takes longer to be handed over is worth a word. */
const prompt: Milliseconds = 10_000;

/**
 * `03:02:11  what happened`, one line an event. That a page went out stands beside the rung that called for it; its
 * receipt is for machines, and what went out otherwise, or not at all, has a line of its own.
 * @param below what else is said of an event, on lines of its own
 */
export function timelineLines(
  events: readonly Recorded<IncidentEvent>[],
  below: (event: Recorded<IncidentEvent>) => readonly string[] = () => [],
): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'page.delivered' && event.note === undefined) return [];
    const text = describeIncidentEvent(event);
    if (text === undefined) return [];
    const delivered = event.type === 'rung.fired' ? sayDelivered(event, events) : '';
    return [`${sayTime(event.at)}  ${text}${delivered}`, ...below(event)];
  });
}

/** `; all delivered`, `; 2 of 3 delivered, the last 1m 5s later` */
function sayDelivered(rung: RungFired, events: readonly Recorded<IncidentEvent>[]): string {
  const delivered = events.filter(
    (event): event is PageDelivered => event.type === 'page.delivered' && causeOf(event.page) === rung.seq,
  );
  const of = rung.pages.length;
  const count = delivered.length === of ? 'all' : `${delivered.length} of ${of}`;
  const last = Math.max(rung.at, ...delivered.map(({ at }) => at));
  const late = last - rung.at > prompt ? `, the last ${sayBetween(rung.at, last)} later` : '';
  return `; ${count} delivered${late}`;
}
