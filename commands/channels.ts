import { answer } from '../src/core/answer.ts';
import { lastGood, livePeriod, type Channel } from '../src/core/channel/state.ts';
import { sayDuration } from '../src/core/time.ts';
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
    return { kind: 'answer', answer: answer('info', 'Release channels', ...lines) };
  },
};

function sayChannel(channel: Channel, healthyAfter: number, { at }: Asking): string {
  const live = livePeriod(channel);
  if (!live) return nothingKnown(channel.name);
  const good = lastGood(channel, healthyAfter, at) ?? 'none known';
  const lock = channel.lock ? ` · held by ${channel.lock.operation} (${channel.lock.reason})` : '';
  const doubt = channel.doubt ? ` · uncertain since ${channel.doubt.operation}: ${channel.doubt.why}` : '';
  return `${live.version} live for ${sayDuration(at - live.from)} · last good ${good}${lock}${doubt}`;
}

function nothingKnown(channel: string): string {
  return `nothing known to be live; say it with /channels set ${channel} <version> <reason>`;
}
