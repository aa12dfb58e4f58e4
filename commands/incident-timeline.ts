import type { Verb } from './verb.ts';
import { whichIncident } from './which-incident.ts';

export const incidentTimeline: Verb = {
  command: 'incident',
  word: 'timeline',
  summary: 'What happened so far, line by line',
  arguments: [{ name: 'incident', kind: 'incident', required: false }],
  example: '/incident timeline INC-12',
  ask: ({ incident }, asking) => {
    const id = whichIncident(incident, asking, '/incident timeline');
    return typeof id === 'string'
      ? { kind: 'story', incident: id, as: 'timeline' }
      : { kind: 'answer', answer: id };
  },
};
