import type { ChannelEvent } from '../../core/channel/event.ts';
import { openDrift } from '../../core/channel/drift-state.ts';
import { livePeriod } from '../../core/channel/state.ts';
import type { OperationEvent } from '../../core/operation/event.ts';
import { statesOf } from '../world.ts';
import type { Invariant } from './invariant.ts';

export const pointer: Invariant = {
  name: 'a channel says what was verified last, or truthfully told later',
  watch: ({ database, production, ledger, clockWasSet }, broken) => {
    const has = (operation: string, type: OperationEvent['type']): boolean =>
      (database.events.get(operation) ?? []).some(({ data }) => (data as OperationEvent).type === type);
    return {
      committed: ({ streams }) => {
        for (const { id, kind, events } of streams) {
          if (kind !== 'channel') continue;
          const name = id.slice('channel:'.length);
          for (const { data } of events) {
            const event = data as ChannelEvent;
            if (event.type !== 'channel.moved') continue;
            const { to, operation, cause } = event;
            if (operation === undefined) {
              if (cause !== 'import' && !ledger.told.has(`${name} ${to}`))
                broken(`${name} moved to ${to}, which nobody has said`);
              continue;
            }
            if (has(operation, 'operation.settled')) continue;
            if (!has(operation, 'operation.verified'))
              broken(`${name} moved by ${operation}, which is not verified`);
            const worked = production.works.filter((work) => work.operation === operation);
            if (worked.length === 0 || worked.some(({ state }) => state !== 'succeeded'))
              broken(
                `${operation} counts as verified, and its work has ${worked.map(({ state }) => state).join()}`,
              );
          }
        }
      },
      atRest: () => {
        if (clockWasSet()) return;
        for (const channel of statesOf(database, 'channel')) {
          const { name, lock, doubt } = channel;
          const live = livePeriod(channel)?.version;
          const runs = production.live.get(name);
          const isOpen =
            lock !== undefined || doubt !== undefined || openDrift(channel, 'reality') !== undefined;
          if (live !== runs && !isOpen && (ledger.untold.get(name) ?? 0) === 0)
            broken(`${name} says ${live}, and ${runs} runs there`);
        }
      },
    };
  },
};
