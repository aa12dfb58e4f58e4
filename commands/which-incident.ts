import { answer, type Answer } from '../src/core/answer.ts';
import type { StreamId } from '../src/core/stream.ts';
import { sayMore, worstFirst } from './incident-list.ts';
import type { Asking } from './verb.ts';

/**
 * The incident that was named, or the only open one: at 3 am nobody should have to type a number.
 * @param command what is being typed, for the advice: `/incident ack`
 */
export function whichIncident(named: string | undefined, asking: Asking, command: string): StreamId | Answer {
  if (named !== undefined) return named;
  const open = worstFirst(asking.openIncidents);
  const [worst, another] = open;
  if (!worst)
    return answer('refused', 'No incident is open', 'To open one: /incident declare P1 <service> <title>');
  if (!another) return worst.id;
  return answer(
    'refused',
    'Which incident?',
    ...open.map(({ id, severity, title, serviceTitle }) => `${id}  ${severity}  ${serviceTitle}: ${title}`),
    ...sayMore(asking.moreIncidents),
    `For example: ${command} ${worst.id}`,
  );
}
