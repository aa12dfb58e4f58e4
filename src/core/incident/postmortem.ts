import type { Recorded } from '../stream.ts';
import { sayDate, sayDuration, sayMoment, sayTime, type Instant, type Milliseconds } from '../time.ts';
import { clockTitles, describeIncidentEvent, pageMeansNames } from './describe.ts';
import type { IncidentEvent, OperationProgress, Suspect } from './event.ts';
import type { Incident } from './state.ts';

/** What stays of an incident: for its thread in Slack, and as Markdown. All of it is plain text. */
export interface Postmortem {
  readonly title: string;
  readonly sections: readonly { readonly heading: string; readonly lines: readonly string[] }[];
}

/** For people to answer; the log knows what happened, and not why. */
const wentWell = [
  'What told us first, and was it early enough?',
  'Who or what made this shorter than it could have been?',
];
const wentBadly = [
  'Where did we lose time: noticing, reaching somebody, deciding, or acting?',
  'What let this reach the people who use it, and would have stopped it?',
  'Where were we lucky?',
];

const progressWords: Readonly<Record<OperationProgress, string>> = {
  open: 'waits for approval',
  running: 'is running',
  done: 'was done',
  stopped: 'was stopped',
  failed: 'failed',
  unknown: 'has an unknown outcome',
  closed: 'was not carried out',
};

/** Written from the event log alone: what it says happened, happened. */
export function writePostmortem(state: Incident, events: readonly Recorded<IncidentEvent>[]): Postmortem {
  return {
    title: `Post-mortem of ${state.id}: ${state.title}`,
    sections: [
      { heading: 'Summary', lines: summary(state, events) },
      { heading: 'Impact', lines: impact(state, events) },
      { heading: 'Clocks', lines: clockLines(state, events) },
      { heading: 'Timeline (UTC)', lines: timelineLines(events) },
      { heading: 'What went well', lines: wentWell },
      { heading: 'What went badly', lines: wentBadly },
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
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>#|~&]/g, (mark) => `\\${mark}`);
}

function summary(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const rollbacks = sayOperations(state.operations);
  const promotions = sayOperations(state.promotions ?? {});
  const { live: before, promotion } = suspectAtStart(events) ?? {};
  const end = state.resolved
    ? `Resolved by ${state.resolved.by}${state.resolved.reason === '' ? '' : `: ${state.resolved.reason}`}.`
    : 'Not resolved yet.';
  return [
    `${state.severity} on ${state.serviceTitle} (${state.app}/${state.channel}), opened ${sayDate(state.openedAt)}.`,
    ...(state.suspect && promotion
      ? [
          `${promotion.version} was being promoted to this channel when it began, in place of ${before ?? 'nothing'}; ${state.suspect.live} ${state.resolved ? 'was live when it ended' : 'is recorded as live now'}.`,
        ]
      : state.suspect && before !== undefined
        ? [
            neverChanged(events, before)
              ? `${before} was live all the time.`
              : `${before} was live when it began, ${state.suspect.live} ${state.resolved ? 'when it ended' : 'is now'}.`,
          ]
        : []),
    rollbacks === '' ? 'No rollback was asked for.' : `Rollbacks: ${rollbacks}.`,
    ...(promotions === '' ? [] : [`Promotions: ${promotions}.`]),
    end,
  ];
}

function sayOperations(operations: Incident['operations']): string {
  return Object.entries(operations)
    .map(([id, progress]) => `${id} ${progressWords[progress]}`)
    .join(', ');
}

function impact(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const fired = new Set(events.flatMap((event) => (event.type === 'alert.fired' ? [event.fingerprint] : [])));
  // Alerts may come back after all had resolved.
  const cleared = state.cleared ? events.findLast((event) => event.type === 'alerts.cleared') : undefined;
  const lasted = (cleared ?? state.resolved)?.at;
  const suspect = suspectAtStart(events);
  const pages = state.pagesDelivered;
  return [
    lasted === undefined
      ? `Not over yet; it began at ${sayMoment(state.openedAt)}.`
      : `Lasted ${sayDuration(lasted - state.openedAt)}, ${sayTime(state.openedAt)} to ${sayMoment(lasted)}.`,
    `${fired.size} ${fired.size === 1 ? 'alert' : 'alerts'}, ${pages} ${pages === 1 ? 'page' : 'pages'} delivered.`,
    ...(suspect
      ? [
          `${suspect.live} had been live for ${sayDuration(state.openedAt - suspect.liveSince)} when it began.`,
        ]
      : []),
  ];
}

/** The clocks of R53: how long it took, against what the severity allows. */
function clockLines(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const { clocks, openedAt } = state;
  const budgetUsed = rollbackTook(state, events);
  return [
    clockLine('Acknowledged', since(openedAt, state.firstAcknowledgedAt), clocks.acknowledgeWithin),
    clockLine('Rollback started', since(openedAt, state.rollbackStartedAt), clocks.rollbackStartWithin),
    clockLine('Rollback, start to verified', budgetUsed, clocks.rollbackBudget),
    clockLine('Resolved', since(openedAt, state.resolved?.at), clocks.resolveWithin),
  ];
}

/** A version may come back: by a rollback, or because something deployed it again. */
function neverChanged(events: readonly Recorded<IncidentEvent>[], version: string): boolean {
  return events.every((event) => event.type !== 'suspect.named' || event.suspect?.live === version);
}

function suspectAtStart(events: readonly Recorded<IncidentEvent>[]): Suspect | undefined {
  return events.find((event) => event.type === 'suspect.named')?.suspect;
}

/** From the first start until the channel moved: recording that elsewhere takes longer, and hurts nobody. */
function rollbackTook(
  { rollbackStartedAt: started }: Incident,
  events: readonly Recorded<IncidentEvent>[],
): Milliseconds | undefined {
  const done = events.find(isRollbackDone);
  if (started === undefined || !done) return undefined;
  const moved = events.find(
    (event) =>
      event.type === 'suspect.named' &&
      event.at >= started &&
      event.suspect?.liveSince === event.at &&
      // Something else may be deployed while it runs.
      (event.suspect.cameBy ?? 'rollback') === 'rollback',
  );
  return Math.min(moved?.at ?? done.at, done.at) - started;
}

function isRollbackDone(event: IncidentEvent): boolean {
  return event.type === 'operation.noted' && event.progress === 'done' && event.kind !== 'promote';
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
        return [
          `A page to ${event.name} by ${pageMeansNames[event.means]} failed: check how they can be reached.`,
        ];
      case 'rung.empty':
        return [`Rung ${event.rung} had nobody to page: fill the rotation in policies/roster.yml.`];
      case 'clock.missed':
        return [`Find out why: ${clockTitles[event.clock]} within ${sayDuration(event.limit)}.`];
      case 'timers.late':
        return [`Lastgood was down for ${sayDuration(event.to - event.from)}: find out why.`];
      case 'operation.noted':
        if (event.progress === 'failed') return [`${event.operation} failed: find out why, and rehearse it.`];
        if (event.progress === 'unknown')
          return [`Nobody could know how ${event.operation} had ended: find out why, and rehearse it.`];
        return (event.left ?? []).map((title) => `${event.operation} left this to you: ${title}.`);
      default:
        return [];
    }
  });
  const repair = events.some(isRollbackDone)
    ? ['Repair the release that was rolled back, with a test that would have caught it.']
    : [];
  return [...new Set([...repair, ...found]), 'What else, who does it, and by when?'];
}
