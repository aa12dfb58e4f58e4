import type { AnyEvent } from '../../core/reply.ts';
import type { StreamId } from '../../core/stream.ts';
import { kindOf } from '../../engine/kinds.ts';
import { canonicalJson } from '../../trust/audit/canonical-json.ts';
import type { Invariant } from './invariant.ts';

export const stateIsFold: Invariant = {
  name: 'the state of every stream is what its events say',
  watch: ({ database }, broken) => {
    const folded = new Map<StreamId, { readonly state: unknown; readonly count: number }>();
    return {
      committed: ({ streams }) => {
        for (const { id, kind } of streams) {
          const before = folded.get(id) ?? { state: undefined, count: 0 };
          const events = database.events.get(id) ?? [];
          const state = events
            .slice(before.count)
            .reduce<unknown>(
              (known, { data, seq, at, by }) =>
                kindOf(kind).evolve(known, { ...(data as AnyEvent), seq, at, by }, id),
              before.state,
            );
          const text = canonicalJson(state);
          folded.set(id, { state: JSON.parse(text) as unknown, count: events.length });
          const stored = canonicalJson(JSON.parse(database.streams.get(id)?.state ?? 'null'));
          if (stored !== text) broken(`${id} is stored as ${stored}, and its events make it ${text}`);
        }
      },
    };
  },
};
