import type { AnyCarrier, Carrier } from '../core/effect.ts';
import type { Executor } from '../core/executor.ts';
import type { Store } from '../store/store.ts';
import { failingStore } from './failing-store.ts';
import type { Boundary, Reached } from './failpoints.ts';

/**
 * What is put around the ports of a bot (`around` of `startBot`), so that every failpoint is reached. It does nothing by
 * itself: `reached` kills the process, freezes it, throws, or counts.
 */
export function failing(reached: Reached): {
  readonly store: (store: Store) => Store;
  readonly carrier: (carrier: AnyCarrier) => AnyCarrier;
  readonly executor: (executor: Executor) => Executor;
} {
  return {
    store: (store) => failingStore(store, reached),
    carrier: (carrier) => failingCarrier(carrier, reached),
    executor: (executor) => failingExecutor(executor, reached),
  };
}

function failingCarrier(carrier: AnyCarrier, reached: Reached): AnyCarrier {
  // It is still only handed errands of its own types, which the types cannot follow over a union.
  const whole = carrier as unknown as Carrier;
  const around: Carrier = {
    types: whole.types,
    carry: (errand) => cross(reached, `carry ${errand.effect.type}`, () => whole.carry(errand)),
  };
  return around as unknown as AnyCarrier;
}

function failingExecutor(executor: Executor, reached: Reached): Executor {
  const { start, check, cancel } = executor;
  return {
    ...executor,
    start: (run, signal) => cross(reached, 'step start', () => start(run, signal)),
    check: (run, handle, signal) => cross(reached, 'step check', () => check(run, handle, signal)),
    ...(cancel && {
      cancel: (run, handle, signal) => cross(reached, 'step cancel', () => cancel(run, handle, signal)),
    }),
  };
}

async function cross<Answer>(
  reached: Reached,
  boundary: Boundary,
  act: () => Promise<Answer>,
): Promise<Answer> {
  reached(`before ${boundary}`);
  const answer = await act();
  reached(`after ${boundary}`);
  return answer;
}
