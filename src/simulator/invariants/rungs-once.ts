import type { IncidentEvent } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/state.ts';
import type { StreamId } from '../../core/stream.ts';
import type { Instant } from '../../core/time.ts';
import { statesOf } from '../world.ts';
import type { Invariant } from './invariant.ts';

/** After one of these the ladder may begin anew, or go on at once. */
const resets: readonly IncidentEvent['type'][] = [
  'severity.changed',
  'acknowledgement.expired',
  'alert.fired',
  'clock.set-back',
];

/** A rung that is this late when all has been well for a while was forgotten. */
const patience = 10_000;

export const rungsOnce: Invariant = {
  name: 'each rung is called once in a climb, in its order, never early, and none that was due is left out',
  watch: ({ database, now }, broken) => {
    /** When the next rung of each is due, as it was stored last. */
    const due = new Map<StreamId, Instant | undefined>();
    const called = new Map<StreamId, { rung: number; round: number; reset: boolean; of: number }>();

    function isNext(
      last: { readonly rung: number; readonly round: number; readonly of: number },
      next: { readonly rung: number; readonly round: number },
    ): boolean {
      if (next.round === last.round) return next.rung === last.rung + 1;
      return (
        next.round === last.round + 1 && (next.rung <= last.of || last.rung > last.of) && last.rung >= last.of
      );
    }

    return {
      committed: ({ streams }) => {
        for (const { id, kind, events } of streams) {
          if (kind !== 'incident') continue;
          for (const { data, at } of events) {
            const event = data as IncidentEvent;
            const last = called.get(id);
            if (last && resets.includes(event.type)) last.reset = true;
            // An operation that fails calls the next one at once.
            if (event.type === 'operation.noted' && ['failed', 'unknown'].includes(event.progress))
              due.delete(id);
            if (event.type !== 'rung.fired' && event.type !== 'rung.empty') continue;
            // That one reached nobody, and does not move the climb.
            if (event.type === 'rung.fired' && event.again) continue;
            const { rung, round, of } = event;
            const dueAt = due.get(id);
            if (dueAt !== undefined && at < dueAt && !last?.reset)
              broken(`${id} called rung ${rung} ${dueAt - at} ms too early`);
            due.delete(id);
            const isFirst = rung === 1 && round === 1;
            const fits = last ? last.reset || isNext(last, event) : isFirst;
            if (!fits)
              broken(
                `${id} called rung ${rung} of round ${round} after rung ${last?.rung} of round ${last?.round}`,
              );
            called.set(id, { rung, round, of, reset: false });
          }
          const { nextCall } = JSON.parse(database.streams.get(id)?.state ?? '{}') as Partial<Incident>;
          due.set(id, nextCall?.at);
        }
      },
      atRest: () => {
        for (const { id, status, cleared, nextCall } of statesOf(database, 'incident', true)) {
          if (status !== 'triggered' || cleared || !nextCall) continue;
          if (nextCall.at < now() - patience)
            broken(`${id} has not called rung ${nextCall.rung}, due ${now() - nextCall.at} ms ago`);
        }
      },
    };
  },
};
