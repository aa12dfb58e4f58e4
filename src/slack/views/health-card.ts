import type { HealthPoint, VersionHealth } from '../../core/channel/health-state.ts';
import { healthTrend } from '../../core/channel/health-trend.ts';
import { atStake, lastGood } from '../../core/channel/last-good.ts';
import { promotionToStop, type Channel } from '../../core/channel/state.ts';
import type { Judgement, Measured, Verdict } from '../../core/health/judge.ts';
import { measureTitles, sayChange, sayMeasure, type Measure } from '../../core/health/measure.ts';
import { isFailing, sayBound, sayReason, type ClearlyUp } from '../../core/health/reason.ts';
import { sayDuration, type Instant } from '../../core/time.ts';
import { actions, button, context, header, section, type View } from './blocks.ts';
import { cut, fallback, join, link, moment, mrkdwn, type Markup } from './text.ts';

export const verdictIcons: Readonly<Record<Verdict, string>> = { pass: '✅', fail: '❌', inconclusive: '❔' };
const verdictTitles: Readonly<Record<Verdict, string>> = {
  pass: 'passes',
  fail: 'fails',
  inconclusive: 'is inconclusive',
};

/** How a version does on a channel, as release bots report it. */
export function healthCard(channel: Channel, health: VersionHealth, now: Instant): View {
  const { version, judgement } = health;
  const title = `${version} on ${channel.name} ${verdictTitles[judgement.verdict]}`;
  const icon = verdictIcons[judgement.verdict];
  return {
    text: fallback(`${icon} Health of ${version} on ${channel.name}: ${judgement.verdict}`),
    blocks: [
      header(`${icon} ${title}`),
      section(join([...banner(health), sample(health, now), ...untold(health)], '\n')),
      ...measures(health),
      ...chart(health.points),
      context(origin(health, now)),
      ...wayBack(channel, health, now),
    ],
  };
}

/** The header has the verdict; this is what it does not say. */
function banner({ judgement, failed }: VersionHealth): readonly Markup[] {
  const critical = judgement.reasons.find(({ type }) => type === 'critical' || type === 'critical-so-far');
  if (judgement.verdict !== 'inconclusive') return critical ? [mrkdwn`❌ *${sayReason(critical)}.*`] : [];
  return [
    ...(failed ? [mrkdwn`❌ *The last conclusive report failed*: ${sayReasons(failed)}`] : []),
    critical
      ? mrkdwn`⚠️ *${sayReason(critical)}*; then it fails.`
      : mrkdwn`*Nobody can say yet*; the newest report is neither a pass nor a fail.`,
  ];
}

/** `4210 of at least 500 sessions, 30m until 03:30.`; what is too little is bold. */
function sample({ report, judgement }: VersionHealth, now: Instant): Markup {
  const { reasons, minimumSessions } = judgement;
  const { sessions, window } = report;
  const length = sayDuration(window.end - window.start);
  const few = reasons.some(({ type }) => type === 'too-few');
  const short = reasons.find(({ type }) => type === 'too-short');
  const counted = mrkdwn`${sessions} of at least ${minimumSessions} sessions`;
  const watched =
    typeof short?.threshold === 'number'
      ? mrkdwn`*${length} of at least ${sayDuration(short.threshold)}*`
      : mrkdwn`${length}`;
  return mrkdwn`${few ? mrkdwn`*${counted}*` : counted}, ${watched} until ${moment(window.end, now)}.`;
}

/** What is missing and has no line among the measures. */
function untold({ judgement }: VersionHealth): readonly Markup[] {
  return judgement.reasons
    .filter(
      ({ type, measure }) => type === 'missing' && judgement.measured.every((one) => one.measure !== measure),
    )
    .map((reason) => mrkdwn`• ${sayReason(reason)}`);
}

/** `✅ Error rate *0.4 %* (at most 2 %), −0.1 points`; what fails or is missing comes first. */
function measures({ judgement, previous }: VersionHealth): View['blocks'] {
  const standsOut = (measured: Measured): boolean => ['❌', '❔'].includes(iconOf(measured, judgement));
  const all = [
    ...judgement.measured.filter(standsOut),
    ...judgement.measured.filter((measured) => !standsOut(measured)),
  ];
  const lines = all.map((measured) => {
    const { measure, value } = measured;
    const found = mrkdwn`${iconOf(measured, judgement)} ${measureTitles[measure]} *${value === undefined ? 'not measured' : sayMeasure(measure, value)}*`;
    const before = previous?.[measure];
    const change =
      value === undefined || before === undefined ? undefined : sayChange(measure, before, value);
    return mrkdwn`${found}${bounds(measured, judgement)}${change === undefined ? mrkdwn`` : mrkdwn`, ${change}`}`;
  });
  return lines.length === 0 ? [] : [section(join(lines, '\n'))];
}

/** ` (at most 2 %; clearly up from 0.4 % of 1.4.2, below 1 % passes)` */
function bounds({ measure, threshold }: Measured, judgement: Judgement): Markup {
  const up = clearlyUp(measure, judgement);
  const parts = [
    ...(threshold === undefined ? [] : [sayBound(measure, threshold)]),
    ...(up
      ? [
          `clearly up from ${sayMeasure(measure, up.baseline.value)} of ${up.baseline.version}, below ${sayMeasure(measure, up.threshold)} passes`,
        ]
      : []),
  ];
  return parts.length === 0 ? mrkdwn`` : mrkdwn` (${parts.join('; ')})`;
}

function clearlyUp(measure: Measure, { reasons }: Judgement): ClearlyUp | undefined {
  return reasons.find(
    (reason): reason is ClearlyUp => reason.type === 'clearly-up' && reason.measure === measure,
  );
}

function iconOf(measured: Measured, judgement: Judgement): string {
  if (clearlyUp(measured.measure, judgement)) return '❌';
  if (judgement.reasons.some(({ type }) => type === 'too-few' || type === 'too-short')) return '▫️';
  if (measured.value === undefined) return '❔';
  return measured.holds === undefined ? '▫️' : measured.holds ? '✅' : '❌';
}

function chart(points: readonly HealthPoint[]): View['blocks'] {
  const trend = healthTrend(points);
  return trend ? [context(mrkdwn`${trend.about}: ${trend.line} ${trend.ends}`)] : [];
}

function origin({ report, by, at }: VersionHealth, now: Instant): Markup {
  const { severity, release_candidate_id, correlation_id, url } = report;
  const parts = [
    mrkdwn`Reported by ${by} at ${moment(at, now)}`,
    // What is critical stands above.
    ...(severity === undefined || severity === 'critical' ? [] : [mrkdwn`it calls this ${severity}`]),
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
  return reasons.filter(isFailing).map(sayReason).join('; ');
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
