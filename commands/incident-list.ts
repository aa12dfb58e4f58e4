import { answer } from '../src/core/answer.ts';
import type { Incident } from '../src/core/incident/state.ts';
import { sayDuration, type Instant } from '../src/core/time.ts';
import type { Verb } from './verb.ts';

export const incidentList: Verb = {
  command: 'incident',
  word: 'list',
  summary: 'Every open incident, who has it, and who is called next',
  arguments: [],
  example: '/incident list',
  ask: (_values, { openIncidents, at }) => {
    if (openIncidents.length === 0) return { kind: 'answer', answer: answer('info', 'No incident is open') };
    const count =
      openIncidents.length === 1 ? '1 incident is open' : `${openIncidents.length} incidents are open`;
    const lines = openIncidents.map((incident) => sayIncident(incident, at));
    return { kind: 'answer', answer: answer('info', count, ...lines) };
  },
};

function sayIncident(incident: Incident, at: Instant): string {
  const { id, severity, serviceTitle, title, app, channel, openedAt } = incident;
  return `${id}  ${severity}  ${serviceTitle} on ${app}/${channel}: ${title} (${sayDuration(at - openedAt)}) — ${sayHolder(incident, at)}`;
}

function sayHolder({ acknowledged, cleared, nextCall, ladder }: Incident, at: Instant): string {
  if (cleared) return 'all alerts are resolved';
  if (acknowledged) return `${acknowledged.by} has it`;
  if (!nextCall) return 'nobody has it';
  const rung = Math.min(nextCall.rung, ladder.rungs.length);
  return `nobody has it; rung ${rung} of ${ladder.rungs.length} in ${sayDuration(Math.max(0, nextCall.at - at))}`;
}
