import type { Instant, Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';
import { within } from './within.ts';

/** Why something that is sent now would not be kept and acted upon; undefined when it would. */
export type Unready = () => Promise<string | undefined>;

/** Whoever asks has stopped listening by then. */
const patience: Milliseconds = 5_000;

export function readiness(parts: {
  readonly store: Pick<Store, 'writeMark' | 'lease'>;
  readonly state: { readonly started: boolean; readonly draining: boolean };
  readonly now: () => Instant;
}): Unready {
  const { store, state, now } = parts;
  return async () => {
    if (state.draining) return 'draining';
    if (!state.started) return 'starting';
    try {
      await within(patience, store.writeMark('probed-at', String(now())));
    } catch {
      // Why is in the log; this is public.
      return 'the store does not take anything';
    }
    // It would keep what it is sent, and leave it to those who took it for dead.
    return store.lease()() ? undefined : 'the other replicas have not heard of this one for too long';
  };
}
