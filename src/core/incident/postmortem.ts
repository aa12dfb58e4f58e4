import type { Recorded } from '../stream.ts';
import { sayDate, sayDuration, sayTime, type Instant, type Milliseconds } from '../time.ts';
import { describeIncidentEvent } from './describe.ts';
import type { IncidentEvent } from './event.ts';
import type { Incident } from './state.ts';

/** What stays of an incident: for its thread in Slack, and as Markdown. All of it is plain text. */
export interface Postmortem {
  readonly title: string;
  readonly sections: readonly { readonly heading: string; readonly lines: readonly string[] }[];
}

/** Written from the event log alone: what it says happened, happened. */
export function writePostmortem(state: Incident, events: readonly Recorded<IncidentEvent>[]): Postmortem {
  return {
    title: `Post-mortem of ${state.id}: ${state.title}`,
    sections: [
      { heading: 'Summary', lines: summary(state) },
      { heading: 'Impact', lines: impact(state, events) },
      { heading: 'Clocks', lines: clockLines(state, events) },
      { heading: 'Timeline (UTC)', lines: timelineLines(events) },
      { heading: 'What went well', lines: ['(write here)'] },
      { heading: 'What went badly', lines: ['(write here)'] },
      { heading: 'Follow-ups', lines: followUps(events) },
    ],
  };
}

/** `03:02:11  what happened`, one line an event. */
export function timelineLines(events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  return events.flatMap((event) => {
    const text = describeIncidentEvent(event);
    return text === undefined ? [] : [`${sayTime(event.at)}  ${text}`];
  });
}

export function postmortemMarkdown(postmortem: Postmortem): string {
  const sections = postmortem.sections.map(
    ({ heading, lines }) =>
      `## ${heading}\n\n${lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')}\n`,
  );
  return [`# ${escapeMarkdown(postmortem.title)}\n`, ...sections].join('\n');
}

/** Text out of alerts and commands is shown, never interpreted. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>#|~]/g, (mark) => `\\${mark}`);
}

function summary(state: Incident): readonly string[] {
  const rollbacks = Object.entries(state.operations).map(([id, progress]) => `${id} ${progress}`);
  const end = state.resolved
    ? `Resolved by ${state.resolved.by}${state.resolved.reason === '' ? '' : `: ${state.resolved.reason}`}.`
    : 'Not resolved yet.';
  return [
    `${state.severity} on ${state.serviceTitle} (${state.app}/${state.channel}), opened ${sayDate(state.openedAt)}.`,
    ...(state.suspect ? [`Live at the end: ${state.suspect.live}.`] : []),
    rollbacks.length === 0 ? 'No rollback was asked for.' : `Operations: ${rollbacks.join(', ')}.`,
    end,
  ];
}

function impact(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const fired = new Set(events.flatMap((event) => (event.type === 'alert.fired' ? [event.fingerprint] : [])));
  const cleared = events.findLast((event) => event.type === 'alerts.cleared');
  const lasted = (cleared ?? state.resolved)?.at;
  const suspectAtStart = events.find((event) => event.type === 'suspect.named')?.suspect;
  return [
    lasted === undefined
      ? `Alerts have been firing since ${sayTime(state.openedAt)}.`
      : `Lasted ${sayDuration(lasted - state.openedAt)}, ${sayTime(state.openedAt)} to ${sayTime(lasted)}.`,
    `${fired.size} ${fired.size === 1 ? 'alert' : 'alerts'}, ${state.pagesDelivered} pages delivered.`,
    ...(suspectAtStart
      ? [
          `${suspectAtStart.live} was live when it began, for ${sayDuration(state.openedAt - suspectAtStart.liveSince)}.`,
        ]
      : []),
  ];
}

/** The clocks of R53: how long it took, against what the severity allows. */
function clockLines(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const { clocks, openedAt } = state;
  const ended = events.findLast(
    (event) => event.type === 'operation.noted' && ['done', 'failed', 'unknown'].includes(event.progress),
  )?.at;
  const budgetUsed =
    state.rollbackStartedAt !== undefined && ended !== undefined
      ? ended - state.rollbackStartedAt
      : undefined;
  return [
    clockLine('Acknowledged', since(openedAt, state.firstAcknowledgedAt), clocks.acknowledgeWithin),
    clockLine('Rollback started', since(openedAt, state.rollbackStartedAt), clocks.rollbackStartWithin),
    clockLine('Rollback, start to verified', budgetUsed, clocks.rollbackBudget),
    clockLine('Resolved', since(openedAt, state.resolved?.at), clocks.resolveWithin),
  ];
}

function since(from: Instant, to: Instant | undefined): Milliseconds | undefined {
  return to === undefined ? undefined : to - from;
}

function clockLine(name: string, taken: Milliseconds | undefined, limit: Milliseconds | null): string {
  const allowed = limit === null ? 'no limit' : `limit ${sayDuration(limit)}`;
  if (taken === undefined) return `${name}: never (${allowed})`;
  const verdict = limit === null ? '' : taken <= limit ? ', kept' : ', MISSED';
  return `${name}: ${sayDuration(taken)} (${allowed}${verdict})`;
}

/** What the log itself says should be looked at; people add theirs. */
function followUps(events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const found = events.flatMap((event): readonly string[] => {
    switch (event.type) {
      case 'page.failed':
        return [`A page to ${event.name} by ${event.means} failed: check how they can be reached.`];
      case 'rung.empty':
        return [`Rung ${event.rung} had nobody to page: fill the rotation in policies/roster.yml.`];
      case 'clock.missed':
        return [`The clock ${event.clock} (${sayDuration(event.limit)}) was missed: find out why.`];
      case 'timers.late':
        return [`Lastgood was down for ${sayDuration(event.to - event.from)}: find out why.`];
      case 'operation.noted':
        return event.progress === 'failed' || event.progress === 'unknown'
          ? [`${event.operation} ended as ${event.progress}: find out why, and rehearse it.`]
          : [];
      default:
        return [];
    }
  });
  const good = events.some((event) => event.type === 'operation.noted' && event.progress === 'done');
  const repair = good
    ? ['Repair the release that was rolled back, with a test that would have caught it.']
    : [];
  return [...new Set([...repair, ...found]), '(add yours)'];
}
