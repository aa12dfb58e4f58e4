import { answer } from '../src/core/answer.ts';
import { verdictWords } from '../src/core/channel/describe.ts';
import { openDrifts } from '../src/core/channel/drift-state.ts';
import { healthOf } from '../src/core/channel/health-state.ts';
import { lastGood, passedOver } from '../src/core/channel/last-good.ts';
import { livePeriod, type Channel } from '../src/core/channel/state.ts';
import { cautionAbout } from '../src/core/channel/testimony.ts';
import { sayReason } from '../src/core/health/reason.ts';
import { sayBetween, type Instant } from '../src/core/time.ts';
import { sayFrozen } from './lastgood-freeze.ts';
import type { Asking, Verb } from './verb.ts';

export const channels: Verb = {
  command: 'channels',
  word: undefined,
  summary: 'What is live on each release channel, and where a rollback would go',
  arguments: [],
  example: '/channels',
  ask: (_values, asking) => {
    const lines = Object.entries(asking.policies.channels.apps).flatMap(([app, policy]) =>
      Object.entries(policy.channels).map(([name, { healthy_after }]) => {
        const channel = asking.channels.find((each) => each.name === `${app}/${name}`);
        return `${app}/${name}: ${channel ? sayChannel(channel, healthy_after, asking) : nothingKnown(name)}`;
      }),
    );
    return {
      kind: 'answer',
      answer: answer('info', 'Release channels', ...sayFrozen(asking.freeze), ...lines),
    };
  },
};

function sayChannel(channel: Channel, healthyAfter: number, { at }: Asking): string {
  const live = livePeriod(channel);
  if (!live) return nothingKnown(channel.name);
  const good = lastGood(channel, healthyAfter, at);
  const caution = good && cautionAbout(channel, good, at, passedOver(channel, healthyAfter, at));
  const where = `${good ?? 'none known'}${caution === undefined ? '' : ` (⚠️ ${caution})`}`;
  const next = channel.next ? `, then ${channel.next.operation} (${channel.next.reason})` : '';
  const lock = channel.lock ? ` · held by ${channel.lock.operation} (${channel.lock.reason})${next}` : '';
  const more = `${lock}${sayHealth(channel, live.version, at)}${sayDrifts(channel, at)}`;
  const age = sayBetween(live.from, at);
  const runs = channel.doubt
    ? `NOT CERTAIN since ${channel.doubt.operation} (${channel.doubt.why}) · recorded is ${live.version}, for ${age}`
    : `${live.version} live for ${age}`;
  return `${runs} · last good ${where}${more}`;
}

function sayHealth(channel: Channel, version: string, now: Instant): string {
  const health = healthOf(channel, version);
  if (!health) return '';
  const { judgement, report, at, failed } = health;
  const newest = `(${report.sessions} sessions, told ${sayBetween(at, now)} ago)`;
  const warning = judgement.reasons
    .filter(({ type }) => type === 'critical-so-far')
    .map((reason) => `. ${sayReason(reason)}`)
    .join('');
  // What says nothing takes nothing back.
  return failed && judgement.verdict === 'inconclusive'
    ? ` · its health FAILS by the last report that could say; the newest is inconclusive ${newest}${warning}`
    : ` · its health ${verdictWords[judgement.verdict]} ${newest}${warning}`;
}

function sayDrifts(channel: Channel, now: Instant): string {
  return openDrifts(channel)
    .map(({ side, found = 'nothing', by, since }) => {
      const says = side === 'file' ? `the registry file says ${found}` : `${found} runs there, says ${by}`;
      return ` · DRIFT: ${says}, for ${sayBetween(since, now)}`;
    })
    .join('');
}

function nothingKnown(channel: string): string {
  return `nothing known to be live; say it with /channels set ${channel} <version> <reason>`;
}
