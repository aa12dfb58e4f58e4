import type { IncidentEvent } from '../core/incident/event.ts';
import { sayLate, sayOutage, sayUnread, type Outage } from '../core/outage.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';
import type { ShoutOnce } from './shout-once.ts';

/** Nobody wants to hear of every restart; after this long, somebody may have been calling in vain. */
const worthSaying: Milliseconds = 5 * 60_000;
const mostNamed = 10;

/**
 * Tells the emergency conversation of an outage of ours, once everything has been caught up: how long it was, and what
 * was late because of it. What the incidents themselves tell is counted, so that it is the same whoever counts, and
 * however often the catching up was itself cut short. What was answered before and not read may be the worst of it.
 */
export function tellOutage(parts: {
  readonly store: Pick<Store, 'listStreams' | 'readEvents' | 'outstanding'>;
  readonly shout: ShoutOnce;
}): (outage: Outage) => Promise<void> {
  return async (outage) => {
    // First, since reading begins at any moment.
    const unread = await unreadSince(parts.store, outage);
    const late = await lateSteps(parts.store, outage);
    const steps = late.reduce((sum, each) => sum + each.steps, 0);
    if (steps === 0 && unread === undefined && outage.to - outage.from < worthSaying) return;
    const said = [
      ...(steps > 0 ? [sayLate(steps)] : []),
      ...(unread === undefined ? [] : [sayUnread(unread)]),
    ].join(', and ');
    const text = `${sayOutage(outage)}; ${said === '' ? 'no step was due meanwhile' : said}.`;
    const more = late.length - mostNamed;
    const lines = [
      ...late.slice(0, mostNamed).map((each) => `${each.incident}: ${sayLate(each.steps)}`),
      ...(more > 0 ? [`and ${more} more`] : []),
      'What was sent to it meanwhile comes when its sender tries again.',
    ];
    await parts.shout(`outage/${outage.from}`, { text, lines });
  };
}

/** What had come in by then and is not read yet, beside what has come in since. */
async function unreadSince(
  store: Pick<Store, 'outstanding'>,
  { to }: Outage,
): Promise<{ readonly count: number; readonly since: Instant } | undefined> {
  const waiting = (await store.outstanding(to)).inbox.filter(({ oldest }) => oldest < to);
  if (waiting.length === 0) return undefined;
  return {
    count: waiting.reduce((sum, { count }) => sum + count, 0),
    since: Math.min(...waiting.map(({ oldest }) => oldest)),
  };
}

interface Late {
  readonly incident: StreamId;
  readonly steps: number;
}

async function lateSteps(
  store: Pick<Store, 'listStreams' | 'readEvents'>,
  outage: Outage,
): Promise<readonly Late[]> {
  const late: Late[] = [];
  for (const { id } of await store.listStreams('incident', { openOnly: true })) {
    const events = (await store.readEvents(id)).map(({ data }) => data as IncidentEvent);
    const told = events.filter((event) => event.type === 'timers.late');
    const steps = told.filter(({ from }) => from === outage.from).reduce((sum, each) => sum + each.steps, 0);
    if (steps > 0) late.push({ incident: id, steps });
  }
  return late.toReversed();
}
