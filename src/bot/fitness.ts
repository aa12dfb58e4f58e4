import { sayDuration, type Instant, type Milliseconds } from '../core/time.ts';
import { isPageLabel, labelOfRows } from '../metrics/kind-of-effect.ts';
import type { Outstanding, Store } from '../store/store.ts';
import type { Unready } from './readiness.ts';
import { within } from './within.ts';

/** A page is promised to be with its provider within a minute, and nothing before that may take as long. */
const promise: Milliseconds = 60_000;
const patience: Milliseconds = 5_000;

/** What the last audit of what is stored found; undefined before there was one. */
export interface Audited {
  readonly at: Instant;
  readonly passed: boolean;
}

/**
 * Why no sign of life may be given, although there is life: somebody outside has to see to it. Undefined when all is
 * well. That this is asked at all, and answered, means that the event loop turns.
 */
export function fitness(parts: {
  readonly store: Pick<Store, 'outstanding'>;
  readonly unready: Unready;
  readonly audited: () => Audited | undefined;
  readonly now: () => Instant;
}): () => Promise<string | undefined> {
  return async () => {
    const unready = await parts.unready();
    if (unready !== undefined) return unready;
    const audit = parts.audited();
    if (!audit?.passed) return audit ? 'the audit of itself failed' : 'it has not audited itself yet';
    const at = parts.now();
    try {
      return whyStuck(await within(patience, parts.store.outstanding(at)), at);
    } catch {
      return 'the store does not answer';
    }
  };
}

function whyStuck({ effects, inbox, wakes }: Outstanding, at: Instant): string | undefined {
  const pages = effects.filter((rows) => isPageLabel(labelOfRows(rows)));
  // What people do in Slack waits while Slack does not say who they are, and calls nobody.
  const alerts = inbox.filter(({ source }) => source !== 'slack');
  const waits = [
    ['a page has not gone out', pages.map(({ oldest }) => oldest)],
    ['a rung has not been called', wakes.earliest === undefined ? [] : [wakes.earliest]],
    ['what came in has not been read', alerts.map(({ oldest }) => oldest)],
  ] as const;
  for (const [what, since] of waits) {
    const age = at - Math.min(at, ...since);
    if (age > promise) return `${what} for ${sayDuration(age)}`;
  }
  return undefined;
}
