import { answer } from '../src/core/answer.ts';
import { severities } from '../src/core/severity.ts';
import type { Verb } from './verb.ts';
import { whichIncident } from './which-incident.ts';

export const incidentSev: Verb = {
  command: 'incident',
  word: 'sev',
  summary: 'Change the severity; raising it starts the ladder anew',
  arguments: [
    { name: 'incident', kind: 'incident', required: false },
    { name: 'severity', kind: 'severity', required: true },
    { name: 'reason', kind: 'text', required: true },
  ],
  example: '/incident sev INC-12 P0 nobody can pay',
  ask: ({ incident, severity: typed, reason = '' }, asking) => {
    const id = whichIncident(incident, asking, '/incident sev');
    if (typeof id !== 'string') return { kind: 'answer', answer: id };
    const severity = severities.find((each) => each === typed);
    if (!severity)
      return { kind: 'answer', answer: answer('refused', 'Which severity?', severities.join(', ')) };
    return {
      kind: 'intent',
      to: { kind: 'incident', id },
      intent: { type: 'incident.set-severity', severity, reason },
    };
  },
};
