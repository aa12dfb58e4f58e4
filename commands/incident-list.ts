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
  alone: 'with-usage',
  ask: (_values, { openIncidents, moreIncidents, at }) => {
    const count = openIncidents.length + moreIncidents;
    if (count === 0) return { kind: 'answer', answer: answer('info', 'No incident is open') };
    const title = count === 1 ? '1 incident is open' : `${count} incidents are open`;
    const lines = worstFirst(openIncidents).map((incident) => sayIncident(incident, at));
    return { kind: 'answer', answer: answer('info', title, ...lines, ...sayMore(moreIncidents)) };
  },
};

/** The worst one first, and of those that are as bad the one that has been open longest. */
export function worstFirst(incidents: readonly Incident[]): readonly Incident[] {
  return incidents.toSorted((a, b) => a.severity.localeCompare(b.severity) || a.openedAt - b.openedAt);
}

/** Those for which there is no room. */
export function sayMore(count: number): readonly string[] {
  return count === 0 ? [] : [`… and ${count} more, less bad or newer than these`];
}

function sayIncident(incident: Incident, at: Instant): string {
  const { id, severity, serviceTitle, title, app, channel, openedAt } = incident;
  return `${id}  ${severity}  ${serviceTitle} on ${app}/${channel}: ${title} (${sayDuration(at - openedAt)}) — ${sayHolder(incident, at)}`;
}

function sayHolder({ acknowledged, cleared, nextCall, ladder }: Incident, at: Instant): string {
  if (cleared) return 'all alerts are resolved';
  if (acknowledged) return `${acknowledged.by} has it`;
  if (!nextCall) return 'nobody has it';
  const { length } = ladder.rungs;
  const rung = nextCall.rung > length ? 'last resort' : `rung ${nextCall.rung} of ${length}`;
  return `nobody has it; ${rung} in ${sayDuration(Math.max(0, nextCall.at - at))}`;
}
