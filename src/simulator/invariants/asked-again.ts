import { openDrift, runsSince } from '../../core/channel/drift-state.ts';
import { isTroubled } from '../../core/channel/open-incidents.ts';
import type { Channel } from '../../core/channel/state.ts';
import type { Operation } from '../../core/operation/state.ts';
import { hasBegun } from '../../engine/retries.ts';
import type { Invariant } from './invariant.ts';

export const askedAgain: Invariant = {
  name: 'no first step is taken up against what its channel has heard since it was asked',
  watch: ({ database }, broken) => {
    const read = (id: string): unknown => JSON.parse(database.streams.get(id)?.state ?? '{}');
    return {
      committed: ({ changed }) => {
        for (const { before, after } of changed) {
          const isTaken = before.status === 'waiting' && after.status === 'in-flight';
          if (!isTaken || after.effect.type !== 'step.run' || after.effect.step > 0 || hasBegun(before))
            continue;
          const { plan } = read(after.stream ?? '') as Operation;
          const channel = read(`channel:${plan.app}/${plan.channel}`) as Channel;
          const drift = openDrift(channel, 'reality');
          const begunAt = channel.lock?.begunAt ?? 0;
          if (drift?.found !== undefined && drift.found !== plan.from && runsSince(drift) >= begunAt)
            broken(`${after.id} is taken up to leave ${plan.from}, and ${drift.found} is said to run`);
          if (plan.kind === 'promote' && plan.override === undefined && isTroubled(channel))
            broken(`${after.id} is taken up, and a P0 or P1 is open on ${channel.name}`);
        }
      },
    };
  },
};
