import { sayLive, sayPages, sayPromotion } from '../../core/incident/describe.ts';
import type { OperationProgress } from '../../core/incident/event.ts';
import { allFiring, firingCount } from '../../core/incident/firing.ts';
import { isBack, isOpen, type Incident, operationUnderWay } from '../../core/incident/state.ts';
import { sayUnknownSeverity } from '../../core/incident/unknown-severity.ts';
import { wayBack } from '../../core/incident/way-back.ts';
import type { RungTarget } from '../../core/policies/escalation.ts';
import { severities, type Severity } from '../../core/severity.ts';
import { sayBetween, sayDuration, type Instant } from '../../core/time.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { alertLinks } from './alert-links.ts';
import { fallback, join, moment, mrkdwn, shown, type Markup } from './text.ts';

export const severityIcons: Readonly<Record<Severity, string>> = { P0: '🔴', P1: '🟠', P2: '🟡', P3: '🔵' };

const operationWords: Readonly<Record<OperationProgress, string>> = {
  open: '⏳ waits for approval',
  running: '▶️ is running',
  held: '🧊 is held between two steps: production is frozen',
  done: '✅ is done',
  failed: '❌ failed',
  stopped: '🛑 was stopped; the channel may be between two versions',
  unknown: '❓ has an unknown outcome: somebody has to look',
  closed: '⏹️ ended without changing anything',
};

const alertsShown = 5;
const operationsShown = 5;

/** The live card of an incident: what a person woken at 3 am needs to see first, in that order. */
export function incidentCard(incident: Incident, now: Instant): View {
  const { id, severity, title, serviceTitle, app, channel } = incident;
  const open = isOpen(incident);
  const icon = open ? severityIcons[severity] : '✅';
  return {
    text: fallback(
      `${icon} ${severity} ${id}: ${title} (${serviceTitle}, ${app}/${channel}), ${incident.status}`,
    ),
    blocks: [
      header(`${icon} ${severity} ${title}`),
      section(
        join(
          [
            mrkdwn`*${id}* · *${serviceTitle}* on *${app}/${channel}* · since ${moment(incident.openedAt, now)}`,
            status(incident, now),
          ],
          '\n',
        ),
      ),
      facts([...release(incident, now), ...calls(incident, now)]),
      ...operations(incident),
      ...alerts(incident),
      ...(open ? alertLinks(incident) : []),
      ...unknownSeverities(incident),
      ...missedClocks(incident),
      ...(open ? [actions(buttonsOf(incident))] : [context(mrkdwn`The post-mortem is in the thread.`)]),
    ],
  };
}

function status(incident: Incident, now: Instant): Markup {
  const { acknowledged, resolved, cleared } = incident;
  if (resolved) {
    const why = resolved.reason === '' ? mrkdwn`.` : mrkdwn`: ${shown(resolved.reason, 500)}`;
    const took = sayBetween(incident.openedAt, resolved.at);
    return mrkdwn`Resolved by *${resolved.by}* at ${moment(resolved.at, now)}, after ${took}${why}`;
  }
  const holder = acknowledged
    ? mrkdwn`*${acknowledged.by}* has it since ${moment(acknowledged.at, now)}`
    : mrkdwn`*Nobody has it yet.*`;
  if (cleared)
    return mrkdwn`${holder}${acknowledged ? '.' : ''} All alerts are resolved; resolve when you are satisfied.`;
  // A rollback at work holds the clock.
  if (acknowledged?.expiresAt === undefined || operationUnderWay(incident))
    return acknowledged ? mrkdwn`${holder}.` : holder;
  return mrkdwn`${holder}; without news the ladder goes on at ${moment(acknowledged.expiresAt, now)}.`;
}

function release(incident: Incident, now: Instant): readonly (readonly [string, Markup])[] {
  const { suspect, openedAt } = incident;
  if (!suspect) return [['Live', mrkdwn`No release is known to be live.`]];
  const { live, liveSince, lastGood, promotion } = suspect;
  const age =
    liveSince <= openedAt
      ? mrkdwn`went live ${sayBetween(liveSince, openedAt)} before this`
      : mrkdwn`live since ${moment(liveSince, now)}`;
  // A release that a rollback has just brought back and verified needs no further one to go back to.
  if (liveSince > openedAt && isBack(incident)) return [['Live', mrkdwn`${live}, ${age}`]];
  return [
    ['Live', mrkdwn`${sayLive(suspect)}, ${age}`],
    ...(promotion ? [['Promotion', mrkdwn`${sayPromotion(promotion)}`] as const] : []),
    ['Last good', lastGood === undefined ? mrkdwn`none is known` : mrkdwn`${lastGood}`],
  ];
}

/** Who was called so far, and who will be next: `rung 2 of 4 at 03:09: secondary on call, #emergency`. */
function calls(incident: Incident, now: Instant): readonly (readonly [string, Markup])[] {
  const { lastCall, nextCall, ladder, pagesDelivered, pagesPlanned } = incident;
  const { paged = lastCall?.pages ?? [] } = incident;
  const facts: (readonly [string, Markup])[] = [];
  if (paged.length > 0) {
    const count =
      pagesDelivered < pagesPlanned ? `${pagesDelivered} of ${pagesPlanned}` : `${pagesDelivered}`;
    const delivered = `${count} ${pagesPlanned === 1 ? 'page' : 'pages'} delivered`;
    facts.push(['Paged', mrkdwn`${shown(sayPages(paged), 500)}\n${delivered}`]);
  }
  if (nextCall && incident.status === 'triggered' && !incident.cleared) {
    const of = ladder.rungs.length;
    const targets = ladder.rungs[nextCall.rung - 1]?.page;
    const rung = targets ? `rung ${nextCall.rung} of ${of}` : 'last resort';
    const whom =
      targets?.map(sayTarget).join(', ') ??
      'the last rung again, the emergency conversation and all mail groups';
    facts.push(['Next', mrkdwn`${rung} at ${moment(nextCall.at, now)}: ${shown(whom, 500)}`]);
  }
  return facts;
}

function sayTarget(target: RungTarget): string {
  if ('on_call' in target) return `${target.on_call} on call`;
  if ('person' in target) return target.person;
  return 'conversation' in target ? `#${target.conversation}` : `${target.mail_group} group`;
}

function operations(incident: Incident): View['blocks'] {
  const all = [
    ...Object.entries(incident.operations).map(([id, progress]) => [id, 'rollback', progress] as const),
    ...Object.entries(incident.promotions ?? {}).map(
      ([id, progress]) => [id, 'promotion', progress] as const,
    ),
  ].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  if (all.length === 0) return [];
  const lines = all
    .slice(-operationsShown)
    .map(([id, kind, progress]) =>
      kind === 'rollback'
        ? mrkdwn`*${id}* ${operationWords[progress]}`
        : mrkdwn`*${id}* (promotion) ${progress === 'stopped' ? '🛑 was stopped' : operationWords[progress]}`,
    );
  return [section(join(lines, '\n'))];
}

function alerts(incident: Incident): View['blocks'] {
  const count = firingCount(incident);
  if (count === 0 || !isOpen(incident)) return [];
  const lines = allFiring(incident)
    .slice(0, alertsShown)
    .map(([, { title, summary }]) => (summary === '' ? mrkdwn`• ${title}` : mrkdwn`• ${title} — ${summary}`));
  const more = count - alertsShown;
  const resolved = incident.alertsResolved === 0 ? '' : `, ${incident.alertsResolved} resolved`;
  const heading = mrkdwn`*${count} firing*${resolved}`;
  return [section(join([heading, ...lines, ...(more > 0 ? [mrkdwn`+${more} more`] : [])], '\n'))];
}

function unknownSeverities({ unknownSeverities: all = [] }: Incident): View['blocks'] {
  if (all.length === 0) return [];
  const lines = all.map(({ word, takenAs }) => mrkdwn`⚠️ ${shown(sayUnknownSeverity(word, takenAs), 500)}`);
  return [context(join(lines, '\n'))];
}

function missedClocks({ missedClocks, clocks }: Incident): View['blocks'] {
  if (missedClocks.length === 0) return [];
  const limits = {
    acknowledge_within: clocks.acknowledgeWithin,
    rollback_start_within: clocks.rollbackStartWithin,
    resolve_within: clocks.resolveWithin,
  };
  const missed = missedClocks.map(
    (clock) => `${clock.replaceAll('_', ' ')} ${sayDuration(limits[clock] ?? 0)}`,
  );
  return [context(mrkdwn`⏰ Missed: ${missed.join(', ')}`)];
}

function buttonsOf(incident: Incident): Parameters<typeof actions>[0] {
  const { id, status, cleared, suspect, severity } = incident;
  const back = wayBack(incident);
  const channel = `${incident.app}/${incident.channel}`;
  const worse = severities[severities.indexOf(severity) - 1];
  const leaving = suspect?.promotion?.version ?? suspect?.live;
  return [
    ...(status === 'triggered'
      ? [button('incident.acknowledge', 'Acknowledge', { id }, cleared ? {} : { style: 'primary' })]
      : []),
    ...(back !== undefined
      ? [
          button(
            'incident.rollback',
            `Roll back to ${back}`,
            { id, channel, version: back },
            {
              style: 'danger',
              confirm: {
                title: `Roll back ${channel}?`,
                text: `${leaving ?? ''} → ${back}. You get a plan first; nothing changes before it is approved as this channel asks.`,
                confirm: 'Make the plan',
                deny: 'Cancel',
              },
            },
          ),
        ]
      : []),
    button(
      'incident.resolve',
      'Resolve',
      { id },
      cleared
        ? { style: 'primary' }
        : {
            confirm: {
              title: `Resolve ${id}?`,
              text:
                firingCount(incident) > 0
                  ? 'Alerts are still firing. The ladder stops; but when monitoring says again that they fire, a new incident opens and pages people.'
                  : 'Nobody will be paged for it any more, and the post-mortem is written.',
              confirm: 'Resolve',
              deny: 'Not yet',
            },
          },
    ),
    ...(worse
      ? [
          button(
            'incident.raise',
            `Raise to ${worse}`,
            { id, severity: worse },
            {
              confirm: {
                title: `Raise ${id} to ${worse}?`,
                text: `Its ladder starts again from the first rung of ${worse}.`,
                confirm: `Raise to ${worse}`,
                deny: 'Cancel',
              },
            },
          ),
        ]
      : []),
  ];
}
