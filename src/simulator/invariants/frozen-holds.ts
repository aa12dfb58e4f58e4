import { freezeId, inForce, type FreezeSwitch } from '../../core/freeze/state.ts';
import { hasBegun } from '../../engine/retries.ts';
import type { Invariant } from './invariant.ts';

export const frozenHolds: Invariant = {
  name: 'while production is frozen no step is taken up that has not begun',
  watch: ({ database }, broken) => ({
    committed: ({ changed }) => {
      for (const { before, after } of changed) {
        const isTaken = before.status === 'waiting' && after.status === 'in-flight';
        if (!isTaken || after.effect.type !== 'step.run' || hasBegun(before)) continue;
        const stored = database.streams.get(freezeId);
        if (stored && inForce(JSON.parse(stored.state) as FreezeSwitch))
          broken(`${after.id} is taken up, and production is frozen`);
      }
    },
  }),
};
