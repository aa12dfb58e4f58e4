import type { Verb } from './verb.ts';
import { whichIncident } from './which-incident.ts';

export const incidentResolve: Verb = {
  command: 'incident',
  word: 'resolve',
  summary: 'It is over: stops everything and writes the post-mortem',
  arguments: [
    { name: 'incident', kind: 'incident', required: false },
    { name: 'reason', kind: 'text', required: false },
  ],
  example: '/incident resolve INC-12 rolled back to 1.4.2',
  ask: ({ incident, reason = '' }, asking) => {
    const id = whichIncident(incident, asking, '/incident resolve');
    if (typeof id !== 'string') return { kind: 'answer', answer: id };
    return { kind: 'intent', to: { kind: 'incident', id }, intent: { type: 'incident.resolve', reason } };
  },
};
