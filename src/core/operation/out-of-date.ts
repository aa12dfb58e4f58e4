import { nothing, type Decision } from '../stream.ts';
import { sayDate, type Instant } from '../time.ts';
import { finish } from './carry-out.ts';
import type { OperationEvent } from './event.ts';
import type { Operation } from './state.ts';
import { end } from './turn.ts';

/**
 * The store was restored from a backup of that moment. Whatever was under way then may have been done, stopped or
 * followed by something else since: so nothing goes on by an approval of before. What had not begun is void, and of what
 * had, a person says how it ended.
 */
export function outOfDate(state: Operation, from: Instant): Decision<OperationEvent> {
  const why = `Lastgood’s records were restored from a backup of ${sayDate(from)}, and do not say what became of it since.`;
  switch (state.status) {
    case 'awaiting-approval':
    case 'approved':
      return end(state, { type: 'operation.voided', why: `${why} Ask again if it is still wanted.` });
    case 'running': {
      const steps = state.steps.flatMap(({ status, url }, step): readonly OperationEvent[] => {
        const { title = '' } = state.plan.steps[step] ?? {};
        return status === 'running' ? [{ type: 'step.unknown', step, title, note: why, url }] : [];
      });
      return finish(state, 'unknown', steps, why, true);
    }
    case 'unknown':
    case 'done':
    case 'failed':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return nothing;
    default:
      return state.status satisfies never;
  }
}
