import type { Verb } from './verb.ts';

export const channelsSet: Verb = {
  command: 'channels',
  word: 'set',
  summary: 'Say which version is live; changes our records, not production',
  arguments: [
    { name: 'channel', kind: 'channel', required: true },
    { name: 'version', kind: 'version', required: true },
    { name: 'reason', kind: 'text', required: true },
  ],
  example: '/channels set stable 1.5.0 released by hand',
  ask: ({ channel = '', version = '', reason = '' }) => ({
    kind: 'intent',
    to: { kind: 'channel', id: `channel:${channel}` },
    intent: { type: 'channel.set', version, reason },
  }),
};
