import { sayLate, sayOutage } from '../outage.ts';
import { sayRefusal } from '../refusals.ts';
import type { Recorded } from '../stream.ts';
import { sayBetween, sayDate, sayDuration, sayMoment } from '../time.ts';
import { sayActor, type Actor } from '../actor.ts';
import type { ClockName, IncidentEvent, PlannedPage, Suspect } from './event.ts';
import { sayUnknownSeverity } from './unknown-severity.ts';

export const pageMeansNames = { pagerduty: 'PagerDuty', mail: 'mail', slack: 'Slack' } as const;

export const clockTitles: Readonly<Record<ClockName, string>> = {
  acknowledge_within: 'not acknowledged',
  rollback_start_within: 'no rollback started',
  resolve_within: 'not resolved',
};

/**
 * One line of the timeline, in plain text: what happened, and by whom.
 * @returns undefined for what no reader of a timeline misses.
 */
export function describeIncidentEvent(event: Recorded<IncidentEvent>): string | undefined {
  switch (event.type) {
    case 'incident.opened':
      return `${event.severity} opened for ${event.serviceTitle} on ${event.app}/${event.channel} by ${sayWho(event.by)}: ${event.title}`;
    case 'alert.fired': {
      const summary = event.summary === '' ? '' : ` — ${event.summary}`;
      const note = event.note === undefined ? '' : ` (${event.note})`;
      return `Alert firing: ${event.title}${summary} [${event.severity}]${note}`;
    }
    case 'alert.resolved':
      return `Alert resolved: ${event.title}`;
    case 'alerts.cleared':
      return 'All alerts are resolved. Nobody else is paged; resolve the incident when you are satisfied.';
    case 'severity.unknown':
      return sayUnknownSeverity(event.word, event.takenAs);
    case 'suspect.named':
      return saySuspect(event);
    case 'severity.changed':
      return saySeverity(event);
    case 'rung.fired': {
      const late =
        event.dueAt === undefined
          ? ''
          : `, ${sayBetween(event.dueAt, event.at)} late (due ${sayMoment(event.dueAt)})`;
      const again = event.again ? ' again, since it reached nobody before all alerts were over' : '';
      return `${sayRung(event)}${again}${late}: paging ${sayPages(event.pages)}`;
    }
    case 'rung.empty':
      return `${sayRung(event)}: nobody to page; going on to the next. Check roster.yml.`;
    case 'ladder.ended':
      return event.next === 'repeat'
        ? `Nobody has acknowledged: the ladder is at its end and starts again in ${sayDuration(event.every)}.`
        : `Nobody has acknowledged: the ladder is at its end. The last rung and the emergency conversation are called every ${sayDuration(event.every)}.`;
    case 'page.delivered':
      // Where there is something to say, people read it; the receipt is for machines.
      return `Page to ${event.name} handed to ${pageMeansNames[event.means]}${event.note === undefined ? ` (receipt ${Object.values(event.receipt).join(' ')})` : `: ${event.note}`}`;
    case 'page.failed':
      return `Page to ${event.name} by ${pageMeansNames[event.means]} ${event.certain ? 'FAILED' : 'may have FAILED'}: ${event.why}`;
    case 'page.withheld':
      return `Page to ${event.name} by ${pageMeansNames[event.means]} not sent: ${event.why}`;
    case 'incident.acknowledged':
      return `Acknowledged by ${sayActor(event.by)}${event.from ? `, who takes it over from ${event.from.name}` : ''}`;
    case 'pagerduty.noted':
      return event.text;
    case 'acknowledgement.expired':
      return sayExpired(event);
    case 'clock.missed':
      return `Clock missed: ${clockTitles[event.clock]} within ${sayDuration(event.limit)}.`;
    case 'timers.late':
      return `${sayOutage(event)}; ${sayLate(event.steps)}.`;
    case 'clock.set-back':
      return `The clock of Lastgood’s machine was set back by ${sayDuration(event.back)}: who is to be called is called as soon as before.`;
    case 'records.restored':
      return `Lastgood’s records were restored from a backup of ${sayDate(event.from)}, and what happened since is not in them. If it is over, resolve it; if somebody has it, acknowledge it: the calls go on from where they were then.`;
    case 'operation.noted':
      return `${event.operation}: ${event.text}`;
    case 'incident.resolved':
      return `Resolved by ${sayActor(event.by)}${event.reason === '' ? '' : `: ${event.reason}`}`;
    case 'card.posted':
      return undefined;
    case 'card.failed':
      return `The card could not be shown: ${event.why}`;
    case 'request.refused':
      return sayRefusal(event);
    default:
      return event satisfies never;
  }
}

function sayExpired({
  name,
  after,
  news,
  at,
}: Recorded<Extract<IncidentEvent, { type: 'acknowledgement.expired' }>>): string {
  const acknowledged = `${name} acknowledged ${sayBetween(at - after, at)} ago`;
  if (!news) return `${acknowledged} and nothing has happened since: the ladder goes on.`;
  const rested =
    news.rested === undefined ? '' : `, and nothing fired for ${sayBetween(at - news.rested, at)}`;
  return `${acknowledged}${rested}. What fires now is new, and calls people from the first rung: ${news.title}`;
}

function saySeverity({
  from,
  to,
  was,
  by,
  reason,
  title,
  anew,
}: Recorded<Extract<IncidentEvent, { type: 'severity.changed' }>>): string {
  if (from === to && anew) return `From here on it is called: ${title ?? ''} (${reason})`;
  if (from === to) return `Severity ${to} confirmed by ${sayWho(by)}, promotions are free of it: ${reason}`;
  const named = title === undefined ? '' : `. From here on it is called: ${title}`;
  const changed = `Severity ${from} → ${to} by ${sayWho(by)}: ${reason}${named}`;
  return was === undefined
    ? changed
    : `${changed} — it was ${was}, so promotions stay frozen until it is resolved or a lead says ${to}, too.`;
}

function sayRung({
  rung,
  of,
  round,
}: {
  readonly rung: number;
  readonly of: number;
  readonly round: number;
}): string {
  if (rung > of) return 'Last resort';
  return `Rung ${rung} of ${of}${round > 1 ? `, round ${round}` : ''}`;
}

/** `Ana Ruiz (PagerDuty, Slack, mail), managers group (mail)` */
export function sayPages(pages: readonly Pick<PlannedPage, 'name' | 'by'>[]): string {
  const byName = new Map<string, string[]>();
  for (const page of pages)
    byName.set(page.name, [...(byName.get(page.name) ?? []), pageMeansNames[page.by]]);
  return [...byName].map(([name, means]) => `${name} (${means.join(', ')})`).join(', ');
}

function saySuspect({
  suspect,
  at,
  by,
}: Recorded<Extract<IncidentEvent, { type: 'suspect.named' }>>): string {
  if (!suspect) return 'No release is known to be live on this channel.';
  const { live, liveSince, lastGood, promotion, doubt } = suspect;
  const good = lastGood === undefined ? 'no earlier good release is known' : `last good is ${lastGood}`;
  if (promotion?.isOver === true)
    return `A promotion of ${promotion.version} has not finished: nobody can be sure whether that or ${live} runs; ${good}.`;
  if (promotion)
    return `${promotion.version} is being promoted to this channel right now, in place of ${live} (live for ${sayBetween(liveSince, at)}); ${good}.`;
  if (doubt !== undefined)
    return `Nobody can be sure what runs since ${doubt}: ${live} is recorded as live; ${good}.`;
  if (liveSince === at) return `Release live now: ${live}${'via' in by ? `, says ${sayActor(by)}` : ''}.`;
  return `Release live: ${live}, for ${sayBetween(liveSince, at)}; ${good}.`;
}

/** What counts as live, for a card or a mail: `1.5.0`, or that nobody can be sure. */
export function sayLive({ live, doubt }: Suspect): string {
  return doubt === undefined ? live : `not certain since ${doubt}; recorded is ${live}`;
}

/** For a card or a mail, which say beside it what counts as live. */
export function sayPromotion({ version, isOver }: NonNullable<Suspect['promotion']>): string {
  return isOver
    ? `A promotion of ${version} has not finished: nobody can be sure what runs.`
    : `${version} is being promoted to this channel right now.`;
}

function sayWho(actor: Actor): string {
  return actor.kind === 'source' ? `an alert (${actor.name})` : sayActor(actor);
}
