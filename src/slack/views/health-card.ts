import type { HealthPoint, VersionHealth } from '../../core/channel/health-state.ts';
import { healthTrend } from '../../core/channel/health-trend.ts';
import { atStake, lastGood } from '../../core/channel/last-good.ts';
import { promotionToStop, type Channel } from '../../core/channel/state.ts';
import { sayBound, sayReason, type Judgement, type Measured, type Verdict } from '../../core/health/judge.ts';
import { measureTitles, sayChange, sayMeasure } from '../../core/health/measure.ts';
import { sayDuration, type Instant } from '../../core/time.ts';
import { actions, button, context, header, section, type View } from './blocks.ts';
import { cut, fallback, join, link, moment, mrkdwn, type Markup } from './text.ts';

export const verdictIcons: Readonly<Record<Verdict, string>> = { pass: '✅', fail: '❌', inconclusive: '❔' };
const verdictTitles: Readonly<Record<Verdict, string>> = {
  pass: 'passes',
  fail: 'fails',
  inconclusive: 'is inconclusive',
};

const reasonsShown = 8;

/** How a version does on a channel, as release bots report it. */
export function healthCard(channel: Channel, health: VersionHealth, now: Instant): View {
  const { version, judgement } = health;
  const title = `${version} on ${channel.name} ${verdictTitles[judgement.verdict]}`;
  const icon = verdictIcons[judgement.verdict];
  return {
    text: fallback(`${icon} Health of ${version} on ${channel.name}: ${judgement.verdict}`),
    blocks: [
      header(`${icon} ${title}`),
      section(banner(health, now)),
      ...measures(health),
      ...chart(health.points),
      context(origin(health, now)),
      ...wayBack(channel, health, now),
    ],
  };
}

function banner({ report, judgement, failed }: VersionHealth, now: Instant): Markup {
  const { verdict, reasons, minimumSessions } = judgement;
  const { sessions, window } = report;
  const length = sayDuration(window.end - window.start);
  const sample = mrkdwn`${sessions} of at least ${minimumSessions} sessions, ${length} until ${moment(window.end, now)}.`;
  const lines = reasons.slice(0, reasonsShown).map((reason) => mrkdwn`• ${sayReason(reason)}`);
  switch (verdict) {
    case 'pass':
      return mrkdwn`*It passes.* ${sample}`;
    case 'fail':
      return join([mrkdwn`*It fails.* ${sample}`, ...lines], '\n');
    case 'inconclusive':
      return join(
        [
          mrkdwn`*Nobody can say yet*; neither a pass nor a fail. ${sample}`,
          ...lines,
          ...(failed ? [mrkdwn`❌ *The last conclusive report failed*: ${sayReasons(failed)}`] : []),
        ],
        '\n',
      );
    default:
      return verdict satisfies never;
  }
}

/** `✅ Error rate *0.4 %* (at most 2 %), −0.1` */
function measures({ judgement, previous }: VersionHealth): View['blocks'] {
  const lines = judgement.measured.map((measured) => {
    const { measure, value, threshold } = measured;
    const found = mrkdwn`${iconOf(measured, judgement)} ${measureTitles[measure]} *${value === undefined ? 'not measured' : sayMeasure(measure, value)}*`;
    const bound = threshold === undefined ? mrkdwn`` : mrkdwn` (${sayBound(measure, threshold)})`;
    const before = previous?.[measure];
    const change =
      value === undefined || before === undefined ? undefined : sayChange(measure, before, value);
    return mrkdwn`${found}${bound}${change === undefined ? mrkdwn`` : mrkdwn`, ${change}`}`;
  });
  return lines.length === 0 ? [] : [section(join(lines, '\n'))];
}

function iconOf({ measure, holds }: Measured, { reasons }: Judgement): string {
  if (reasons.some((reason) => reason.type === 'clearly-up' && reason.measure === measure)) return '❌';
  if (reasons.some(({ type }) => type === 'too-few' || type === 'too-short')) return '▫️';
  return holds === undefined ? '▫️' : holds ? '✅' : '❌';
}

function chart(points: readonly HealthPoint[]): View['blocks'] {
  const trend = healthTrend(points);
  return trend ? [context(mrkdwn`${trend.about}: ${trend.line} ${trend.ends}`)] : [];
}

function origin({ report, by, at }: VersionHealth, now: Instant): Markup {
  const { severity, release_candidate_id, correlation_id, url } = report;
  const parts = [
    mrkdwn`Reported by ${by} at ${moment(at, now)}`,
    ...(severity === undefined ? [] : [mrkdwn`it calls this ${severity}`]),
    ...(release_candidate_id === undefined ? [] : [mrkdwn`candidate ${release_candidate_id}`]),
    ...(correlation_id === undefined ? [] : [mrkdwn`correlation ${correlation_id}`]),
    ...(url === undefined ? [] : [link(url, 'open')]),
  ];
  return join(parts, ' · ');
}

/** The way back while there is one; otherwise why there is none. */
function wayBack(
  channel: Channel,
  { version, judgement, failed, healthyAfter }: VersionHealth,
  now: Instant,
): View['blocks'] {
  const running = atStake(channel)?.version;
  if (version !== running) {
    const instead = running === undefined ? 'nothing is known to be' : `${running} is`;
    return [context(mrkdwn`${version} is not live on ${channel.name}: ${instead}.`)];
  }
  // What says nothing takes nothing back.
  const against = judgement.verdict === 'fail' ? judgement : failed;
  if (!against) return [];
  if (channel.lock && !promotionToStop(channel)) {
    const { operation, reason, name } = channel.lock;
    return [context(mrkdwn`*${operation}* holds ${channel.name}: ${reason}, by ${name}.`)];
  }
  const target = lastGood(channel, healthyAfter, now);
  if (target === undefined) {
    const short = channel.name.split('/')[1] ?? channel.name;
    return [
      section(
        mrkdwn`No earlier version is known to be good, so there is no button to go back. Name one yourself: /rollback ${short} ${'<version> <reason>'}`,
      ),
    ];
  }
  return [actions([rollbackButton(channel, { to: target, leaving: version, reason: reasonOf(against) })])];
}

function reasonOf(judgement: Judgement): string {
  return cut(`canary health failed: ${sayReasons(judgement)}`, 300);
}

function sayReasons({ reasons }: Judgement): string {
  return reasons.map(sayReason).join('; ');
}

/** Asks for the same as `/rollback`, while what people saw is still there. */
export function rollbackButton(
  { name }: Pick<Channel, 'name'>,
  plan: { readonly to: string; readonly leaving: string; readonly reason: string },
): ReturnType<typeof button> {
  const { to, leaving, reason } = plan;
  return button(
    'channel.rollback',
    `Roll back to ${to}`,
    { channel: name, version: to, leaving, reason },
    {
      style: 'danger',
      confirm: {
        title: `Roll back ${name}?`,
        text: `${leaving} → ${to}. You get a plan first; nothing changes before it is approved as this channel asks.`,
        confirm: 'Make the plan',
        deny: 'Cancel',
      },
    },
  );
}
