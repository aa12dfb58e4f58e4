import type { Verb } from './verb.ts';
import { whichIncident } from './which-incident.ts';

export const incidentAck: Verb = {
  command: 'incident',
  word: 'ack',
  summary: 'I have it: stops the ladder',
  arguments: [{ name: 'incident', kind: 'incident', required: false }],
  example: '/incident ack INC-12',
  ask: ({ incident }, asking) => {
    const id = whichIncident(incident, asking, '/incident ack');
    if (typeof id !== 'string') return { kind: 'answer', answer: id };
    return { kind: 'intent', to: { kind: 'incident', id }, intent: { type: 'incident.acknowledge' } };
  },
};
