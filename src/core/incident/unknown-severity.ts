import type { Severity } from '../severity.ts';
import type { IncidentEvent } from './event.ts';
import type { IncidentIntent } from './intent.ts';
import type { Incident } from './state.ts';

/** So many words are told of one incident: a sender that makes them up could otherwise fill it. */
const mostWords = 5;
const longestWord = 40;

/** What alerts said of their severity in words that the policy does not know: each once an incident. */
export function unknownSeverities(
  state: Incident | undefined,
  alerts: Extract<IncidentIntent, { type: 'alerts.receive' }>['alerts'],
): readonly IncidentEvent[] {
  const told = new Set(state?.unknownSeverities?.map(({ word }) => word));
  return alerts.flatMap(({ alert, route }): readonly IncidentEvent[] => {
    const word = shorten(route.unknownSeverity ?? '');
    if (alert.status !== 'firing' || word === '' || told.has(word) || told.size >= mostWords) return [];
    told.add(word);
    return [{ type: 'severity.unknown', word, takenAs: route.severity }];
  });
}

export function sayUnknownSeverity(word: string, takenAs: Severity): string {
  return `Severity “${word}” is not known here, taken as ${takenAs}; map it in policies/severity.yml.`;
}

function shorten(word: string): string {
  const characters = Array.from(word);
  return characters.length <= longestWord ? word : `${characters.slice(0, longestWord - 1).join('')}…`;
}
