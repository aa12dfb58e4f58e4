import type { Verb } from './verb.ts';
import { whichIncident } from './which-incident.ts';

export const incidentPostmortem: Verb = {
  command: 'incident',
  word: 'postmortem',
  summary: 'The post-mortem as it stands, also before the incident is resolved',
  arguments: [{ name: 'incident', kind: 'incident', required: false }],
  example: '/incident postmortem INC-12',
  ask: ({ incident }, asking) => {
    const id = whichIncident(incident, asking, '/incident postmortem');
    return typeof id === 'string'
      ? { kind: 'story', incident: id, as: 'postmortem' }
      : { kind: 'answer', answer: id };
  },
};
