import type { EffectOf } from '../core/effect.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import { outboxRow } from '../engine/decide.ts';
import type { Engine } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';

/** Tells the emergency conversation what belongs to no incident, under an id of its own: under the same one, once. */
export type ShoutOnce = (id: string, words: Shout) => Promise<void>;

export type Shout = Pick<EffectOf<'page.slack'>, 'text' | 'lines'>;

export function shoutOnce(parts: {
  readonly store: Store;
  readonly engine: Pick<Engine, 'poke'>;
  readonly policies: () => Policies;
  readonly now: () => Instant;
}): ShoutOnce {
  return async (id, words) => {
    const to = parts.policies().notifications.conversations['emergency'] ?? '';
    const effect = { type: 'page.slack', person: undefined, to, severity: 'P2', ...words } as const;
    await parts.store.transact(async (transaction) => {
      if (await transaction.outboxRow(id)) return;
      await transaction.enqueue([outboxRow(id, undefined, parts.now(), effect)]);
    });
    parts.engine.poke();
  };
}
