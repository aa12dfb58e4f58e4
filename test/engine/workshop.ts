import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AnyCarrier, Effect, EffectType, Errand, Outcome } from '../../src/core/effect.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Milliseconds } from '../../src/core/time.ts';
import { outboxRow } from '../../src/engine/decide.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { Log } from '../../src/engine/log.ts';
import type { PaceSettings } from '../../src/engine/pace.ts';
import { movableClock, type MovableClock } from '../../src/sandbox/movable-clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { OutboxRow, Store } from '../../src/store/store.ts';
import { policies, start, storeId } from '../support/given.ts';

/** The real engine on the real store, with a clock that stands still until it is moved. */
export interface Workshop {
  readonly store: Store;
  readonly clock: MovableClock;
  readonly engine: Engine;
  readonly log: Log;
  /** What was logged as an error. */
  readonly errors: readonly string[];
  /** Resolves when all that is due has been done. */
  readonly quiet: () => Promise<void>;
  readonly advance: (by: Milliseconds) => Promise<void>;
  /** Adds effects that belong to no stream, as `effect-1`, `effect-2`, … */
  readonly enqueue: (...effects: readonly (Effect & { readonly lane?: string })[]) => Promise<void>;
  readonly row: (id: string) => Promise<OutboxRow>;
  /** The process dies without a word, and another one starts so much later. */
  readonly crash: (away: Milliseconds, carriers?: readonly AnyCarrier[]) => Promise<Workshop>;
}

interface Options {
  readonly carriers?: readonly AnyCarrier[];
  readonly random?: () => number;
  readonly mostInFlight?: number;
  readonly policies?: Policies;
  readonly pace?: PaceSettings;
  readonly folder?: string;
  readonly now?: number;
  /** Stands between the engine and the store. */
  readonly through?: (store: Store) => Store;
}

export async function openWorkshop(options: Options = {}): Promise<Workshop> {
  const { carriers = [], random = () => 0, through = (store: Store) => store } = options;
  const folder = options.folder ?? (await temporaryFolder());
  const clock = movableClock({ start: options.now ?? start, running: false });
  const store = await openSqliteStore({ path: join(folder, 'lastgood.db'), now: clock.now });
  const errors: string[] = [];
  const log: Log = { info: () => undefined, warn: () => undefined, error: (_, text) => errors.push(text) };
  const engine = createEngine({
    store: through(store),
    storeId,
    clock,
    carriers,
    random,
    log,
    policies: () => options.policies ?? policies,
    ...(options.mostInFlight === undefined ? {} : { mostInFlight: options.mostInFlight }),
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  });
  const close = async (): Promise<void> => {
    clock.stop();
    await store.close();
  };
  onTestFinished(close);

  async function quiet(): Promise<void> {
    // The sign of life is nobody's work: a few turns of the event loop see to it.
    for (let idle = 0; idle < 4; idle += 1) {
      for (let work = engine.working(); work; work = engine.working()) await work;
      await new Promise(setImmediate);
    }
  }
  let enqueued = 0;
  return {
    store,
    clock,
    engine,
    log,
    errors,
    quiet,
    advance: (by) => clock.advance(by, quiet),
    enqueue: async (...effects) => {
      const rows = effects.map(({ lane, ...effect }) => {
        enqueued += 1;
        const row = outboxRow(`effect-${enqueued}`, undefined, clock.now(), effect);
        return { ...row, lane: lane ?? row.lane };
      });
      await store.transact((transaction) => transaction.enqueue(rows));
    },
    row: async (id) => {
      const row = await store.transact((transaction) => transaction.outboxRow(id));
      if (!row) throw new Error(`there is no ${id}`);
      return row;
    },
    crash: async (away, others = carriers) => {
      const now = clock.now() + away;
      await close();
      return openWorkshop({ ...options, carriers: others, folder, now });
    },
  };
}

export interface Carried {
  readonly carrier: AnyCarrier;
  readonly errands: readonly Errand[];
}

/** Carries effects of these types out as it is told, and remembers what it was asked. */
export function carrying(
  types: readonly EffectType[],
  how: (errand: Errand, count: number) => Outcome | Promise<Outcome>,
): Carried {
  const errands: Errand[] = [];
  const carry = async (errand: Errand): Promise<Outcome> => {
    errands.push(errand);
    return how(errand, errands.length);
  };
  return { carrier: { types, carry } as unknown as AnyCarrier, errands };
}

export const done: Outcome = { status: 'done', receipt: { ts: '1.2' } };

/** A page to Ana in Slack: one lane each. */
export function page(text: string, severity: 'P0' | 'P3' = 'P0'): Extract<Effect, { type: 'page.slack' }> {
  return { type: 'page.slack', person: 'ana', to: 'U0ANA', text, severity };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-engine-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}
