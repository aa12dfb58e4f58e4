import { answer } from '../src/core/answer.ts';
import { incidentAlias } from '../src/core/incident/state.ts';
import { anyRole, lacksPermission } from '../src/core/permission.ts';
import { severities } from '../src/core/severity.ts';
import type { Verb } from './verb.ts';

export const incidentDeclare: Verb = {
  command: 'incident',
  word: 'declare',
  summary: 'Open an incident by hand; its ladder starts at once',
  arguments: [
    { name: 'severity', kind: 'severity', required: true },
    { name: 'service', kind: 'service', required: true },
    { name: 'title', kind: 'text', required: true },
  ],
  example: '/incident declare P1 checkout payments are slow',
  ask: ({ severity: typed, service = '', title = '' }, { policies, by }) => {
    // There is no incident yet whose timeline could tell of the refusal.
    const lacking = lacksPermission(by, anyRole, 'declare an incident');
    if (lacking) return { kind: 'answer', answer: answer('refused', `Cannot ${lacking.what}`, lacking.why) };
    const policy = policies.services.services[service];
    const severity = severities.find((each) => each === typed);
    if (!policy || !severity)
      return { kind: 'answer', answer: answer('refused', `There is no service “${service}”`) };
    const { app, channel } = policy;
    return {
      kind: 'intent',
      to: { kind: 'incident', alias: incidentAlias({ service, app, channel }), open: true },
      intent: { type: 'incident.declare', title, severity, service, app, channel },
    };
  },
};
