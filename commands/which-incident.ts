import { answer, type Answer } from '../src/core/answer.ts';
import type { StreamId } from '../src/core/stream.ts';
import type { Asking } from './verb.ts';

/** The incident that was named, or the only open one: at 3 am nobody should have to type a number. */
export function whichIncident(named: string | undefined, { openIncidents }: Asking): StreamId | Answer {
  if (named !== undefined) return named;
  const [only, another] = openIncidents;
  if (!only)
    return answer('refused', 'No incident is open', 'To open one: /incident declare P1 <service> <title>');
  if (!another) return only.id;
  return answer(
    'refused',
    'Which incident?',
    ...openIncidents.map(
      ({ id, severity, title, serviceTitle }) => `${id}  ${severity}  ${serviceTitle}: ${title}`,
    ),
  );
}
