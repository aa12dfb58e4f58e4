import { sayDuration, type Instant, type Milliseconds } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';

/** How such a line begins. */
export const nothingGoesOut = 'Pages and messages do not go out';

const names = { slack: 'Slack', pagerduty: 'PagerDuty', mail: 'the mail server' } as const;

/** What is tried again for a moment because of something else than a neighbour's silence is nothing to report. */
const worthSaying: Milliseconds = 60_000;
const counted = 1_000;

/**
 * What should have gone out and does not, in a line; nothing when all is well. Steps are not meant: their cards say how
 * far they are.
 * @param silent who is silent is told from the first try on: somebody may be waiting for what was sent
 */
export async function backlogNotes(
  store: Store,
  silent: ReturnType<Engine['silent']>,
  now: Instant,
): Promise<readonly string[]> {
  const waiting = (await store.outboxDue(now + worthSaying, counted)).filter(
    ({ effect, lastError, createdAt }) =>
      effect.type !== 'step.run' && lastError !== undefined && now - createdAt >= worthSaying,
  );
  const first = waiting.reduce((oldest, { createdAt }) => Math.min(oldest, createdAt), now);
  if (waiting.length === 0) return silenceNotes(silent, now);
  const count = `${waiting.length}${waiting.length === counted ? ' or more' : ''}`;
  return [
    `${nothingGoesOut}: ${count} wait to be tried again, the first for ${sayDuration(now - first)}; the log says why`,
  ];
}

/** What came in, and can neither be read nor shown to anybody, in a line. */
export function setAsideNotes(count: number): readonly string[] {
  if (count === 0) return [];
  return [`What came in cannot be read: ${count} wait to be tried again; the log says why`];
}

function silenceNotes(silent: ReturnType<Engine['silent']>, now: Instant): readonly string[] {
  if (silent.length === 0) return [];
  const who = silent.map(({ neighbour }) => names[neighbour]);
  const since = Math.min(...silent.map((each) => each.since));
  return [
    `${nothingGoesOut}: ${who.join(' and ')} took nothing for ${sayDuration(now - since)}; the log says why`,
  ];
}
