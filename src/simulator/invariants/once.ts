import type { OperationEvent } from '../../core/operation/event.ts';
import type { Invariant } from './invariant.ts';

export const once: Invariant = {
  name: 'each step is begun at most once, and one operation at a time works on a channel',
  watch: ({ database, production }, broken) => {
    /** A person said how it ended, and may have been mistaken: that is on their record, not on ours. */
    function wasSettledByHand(operation: string): boolean {
      const events = database.events.get(operation) ?? [];
      return events.some(({ data }) => (data as OperationEvent).type === 'operation.settled');
    }
    return {
      begins: (_process, work) => {
        const same = production.works.filter(({ id }) => id === work.id);
        if (same.length > 1) broken(`${work.id} was begun ${same.length} times`);
        const beside = production.works.find(
          ({ operation, channel, state }) =>
            operation !== work.operation && channel === work.channel && state === 'running',
        );
        if (beside && !wasSettledByHand(beside.operation))
          broken(`${work.id} begins on ${work.channel}, where ${beside.id} still runs`);
      },
    };
  },
};
