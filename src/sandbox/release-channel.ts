import semver from 'semver';
import { openDrifts, runningVersion, type Drift } from '../core/channel/drift-state.ts';
import type { MoveCause } from '../core/channel/event.ts';
import { healthOf, type VersionHealth } from '../core/channel/health-state.ts';
import { healthTrend } from '../core/channel/health-trend.ts';
import { lastGood } from '../core/channel/last-good.ts';
import { livePeriod, type Channel } from '../core/channel/state.ts';
import { sayReason } from '../core/health/reason.ts';
import type { Policies } from '../core/policies/policies.ts';
import { sayDuration, type Instant } from '../core/time.ts';
import type { Facts } from './facts.ts';
import type { ChannelHealth, Promotion, ReleaseChannel } from './page/workspace.ts';

/** A release channel as the page shows it. */
export function releaseChannel(
  channel: Channel,
  { operations, channels }: Facts,
  policies: Policies,
  now: Instant,
): ReleaseChannel {
  const [app = '', name = ''] = channel.name.split('/');
  const policy = policies.channels.apps[app]?.channels[name];
  const live = livePeriod(channel);
  const holder = operations.find(({ id }) => id === channel.lock?.operation);
  const running = runningVersion(channel);
  const health = running === undefined ? undefined : healthOf(channel, running);
  return {
    name: channel.name,
    live: live && { version: live.version, since: live.from },
    lastGood: lastGood(channel, policy?.healthy_after ?? 0, now),
    lockedBy:
      channel.lock &&
      `${channel.lock.operation} by ${channel.lock.name}: ${channel.lock.reason}${holder ? ` (${holder.status.replaceAll('-', ' ')})` : ''}`,
    health: health && channelHealth(health),
    drifts: openDrifts(channel).map(sayDrift),
    promotions: promotionsFrom(channel, channels, policies, now),
    suggested: suggestionsFor(channel),
    conversation: policies.notifications.conversations[policy?.conversation ?? ''] ?? '',
    history: channel.moves.map(({ at, to, cause, actor, reason }) => ({
      at,
      version: to,
      cause: `${causeWords[cause]}${cause === 'import' ? '' : ` by ${actor}`}`,
      reason,
    })),
  };
}

const causeWords: Readonly<Record<MoveCause, string>> = {
  import: 'imported',
  set: 'set',
  rollback: 'rolled back',
  promote: 'promoted',
  deploy: 'deployed',
};

function channelHealth({ version, judgement, failed, report, points }: VersionHealth): ChannelHealth {
  const before = judgement.verdict === 'inconclusive' ? (failed?.reasons ?? []) : [];
  return {
    version,
    verdict: judgement.verdict,
    sessions: report.sessions,
    reasons: [
      ...judgement.reasons.map(sayReason),
      ...before.map((reason) => `Failed before: ${sayReason(reason)}`),
    ],
    trend: healthTrend(points),
  };
}

function sayDrift({ side, found, by }: Drift): string {
  const version = found ?? 'nothing';
  return side === 'file' ? `The registry file says ${version}` : `${version} runs here, says ${by}`;
}

function promotionsFrom(
  channel: Channel,
  channels: readonly Channel[],
  policies: Policies,
  now: Instant,
): readonly Promotion[] {
  const [app = '', name = ''] = channel.name.split('/');
  const live = livePeriod(channel);
  if (!live) return [];
  const { version, from } = live;
  return Object.entries(policies.channels.apps[app]?.channels ?? {})
    .filter(([, { promotion }]) => promotion?.from.includes(name) === true)
    .map(([to]) => {
      const target = channels.find((each) => each.name === `${app}/${to}`);
      const there = target && livePeriod(target)?.version === version;
      return {
        version,
        to,
        line: `/promote ${name} ${to} ${version} it has run on ${name} for ${sayDuration(now - from)}`,
        pointless: there ? `${version} is live on ${to} already.` : undefined,
      };
    });
}

/** What would come next by itself, and what a rollback has left and somebody's pipeline may bring back. */
function suggestionsFor(channel: Channel): ReleaseChannel['suggested'] {
  const running = runningVersion(channel) ?? '1.0.0';
  const next = semver.inc(running, semver.prerelease(running) ? 'prerelease' : 'patch') ?? running;
  const left = channel.moves.findLast(({ cause }) => cause === 'rollback')?.from;
  return {
    health: running,
    deployment: left !== undefined && left !== running ? left : next,
    registry: next,
  };
}
