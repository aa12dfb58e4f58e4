import { worst } from '../severity.ts';
import type { Recorded } from '../stream.ts';
import { sayBetween, sayDate, sayDuration, sayMoment, sayTime } from '../time.ts';
import { clockLines, isRollbackDone } from './clock-lines.ts';
import { clockTitles, pageMeansNames } from './describe.ts';
import type { IncidentEvent, OperationProgress, Suspect } from './event.ts';
import type { Incident } from './state.ts';
import { timelineLines } from './timeline.ts';

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
  held: 'is held between two steps',
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
  const first = suspectAtStart(events);
  const end = state.resolved
    ? `Resolved by ${state.resolved.by}${state.resolved.reason === '' ? '' : `: ${state.resolved.reason}`}.`
    : 'Not resolved yet.';
  return [
    `${sayWorst(state, events)} on ${state.serviceTitle} (${state.app}/${state.channel}), opened ${sayDate(state.openedAt)}.`,
    ...(state.suspect && first
      ? [
          neverChanged(events, first.live)
            ? `${first.live} was live all the time.`
            : `${sayBeginning(first)}; ${sayEnd(state.suspect, state.resolved !== undefined)}.`,
        ]
      : []),
    rollbacks === '' ? 'No rollback was asked for.' : `Rollbacks: ${rollbacks}.`,
    ...(promotions === '' ? [] : [`Promotions: ${promotions}.`]),
    end,
  ];
}

/** Whoever reads it afterwards asks how bad it was, and not how bad it still was at its end. */
function sayWorst({ severity }: Incident, events: readonly Recorded<IncidentEvent>[]): string {
  const all = events.flatMap((event) => (event.type === 'severity.changed' ? [event.from, event.to] : []));
  const most = worst([severity, ...all]) ?? severity;
  return most === severity ? severity : `${most}, ${severity} in the end,`;
}

function sayBeginning({ live, promotion, doubt }: Suspect): string {
  if (promotion)
    return `${promotion.version} was being promoted to this channel when it began, in place of ${live}`;
  return doubt === undefined
    ? `${live} was live when it began`
    : `What ran when it began was not certain, ${live} was recorded`;
}

function sayEnd({ live, promotion, doubt }: Suspect, isResolved: boolean): string {
  if (promotion ?? doubt) {
    return isResolved
      ? `what ran when it ended is not certain, ${live} was recorded`
      : `what runs now is not certain, ${live} is recorded`;
  }
  return `${live} ${isResolved ? 'was live when it ended' : 'is live now'}`;
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
      : `Lasted ${sayBetween(state.openedAt, lasted)}, ${sayTime(state.openedAt)} to ${sayMoment(lasted)}${cleared ? ', when all alerts had resolved' : ''}.`,
    `${fired.size} ${fired.size === 1 ? 'alert' : 'alerts'}, ${pages} ${pages === 1 ? 'page' : 'pages'} delivered.`,
    ...(suspect
      ? [
          `${suspect.live} had been ${suspect.doubt === undefined ? 'live' : 'recorded as live'} for ${sayBetween(suspect.liveSince, state.openedAt)} when it began.`,
        ]
      : []),
  ];
}

/** A version may come back: by a rollback, or because something deployed it again. */
function neverChanged(events: readonly Recorded<IncidentEvent>[], version: string): boolean {
  return events.every(
    (event) =>
      event.type !== 'suspect.named' ||
      (event.suspect?.live === version && !event.suspect.promotion && event.suspect.doubt === undefined),
  );
}

function suspectAtStart(events: readonly Recorded<IncidentEvent>[]): Suspect | undefined {
  return events.find((event) => event.type === 'suspect.named')?.suspect;
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
        return [`Rung ${event.rung} had nobody to page: fill the rotation in roster.yml.`];
      case 'severity.unknown':
        return [`Say in severity.yml how bad “${event.word}” is: nobody had.`];
      case 'clock.missed':
        return [`Find out why: ${clockTitles[event.clock]} within ${sayDuration(event.limit)}.`];
      case 'timers.late':
        return [
          `Lastgood was ${event.asleep ? 'asleep (or its clock set forward)' : 'down'} for ${sayBetween(event.from, event.to)}: find out why.`,
        ];
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
