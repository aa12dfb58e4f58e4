import { createHash } from 'node:crypto';
import type { Recorded } from '../stream.ts';
import type { Alert } from '../source.ts';
import type { IncidentEvent } from './event.ts';
import type { FiringAlert, Incident } from './state.ts';

/** More than a card, a page and their links show. */
const keptWhole = 20;

type Fired = Recorded<Extract<IncidentEvent, { type: 'alert.fired' }>>;

/** What fires, with one more. Of a storm, what nobody is shown is kept by a digest: the timeline has its words. */
export function withFiring(firing: Incident['firing'], event: Fired): Incident['firing'] {
  const { fingerprint, title, summary, severity, url, dashboard, runbook, by } = event;
  const known = firing[fingerprint];
  const isWhole = known ? known.words === undefined : Object.keys(firing).length < keptWhole;
  const alert: FiringAlert = isWhole
    ? {
        title,
        summary,
        severity,
        url,
        dashboard,
        runbook,
        source: by.kind === 'source' ? by.name : undefined,
      }
    : { title, summary: '', severity, url: undefined, words: digest(summary) };
  return { ...firing, [fingerprint]: alert };
}

/** Whether an alert that fires already says nothing new. */
export function saysTheSame(
  known: Pick<FiringAlert, 'summary' | 'words'>,
  { summary }: Pick<Alert, 'summary'>,
): boolean {
  return known.words === undefined
    ? wordsOf(known.summary) === wordsOf(summary)
    : known.words === digest(summary);
}

/** A number that moves all the time is no news. */
function wordsOf(text: string): string {
  return text.replace(/\d+(?:[.,]\d+)*/g, '#');
}

function digest(summary: string): string {
  return createHash('sha256').update(wordsOf(summary)).digest('base64url').slice(0, 16);
}
