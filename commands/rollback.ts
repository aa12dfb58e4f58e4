import type { Verb } from './verb.ts';

export const rollback: Verb = {
  command: 'rollback',
  word: undefined,
  summary: 'Go back to a release that worked',
  arguments: [
    { name: 'channel', kind: 'channel', required: true },
    { name: 'version', kind: 'version-or-last-good', required: true },
    { name: 'reason', kind: 'text', required: true },
  ],
  example: '/rollback stable 1.4.2 checkout answers 500 since the release',
  ask: ({ channel = '', version = '', reason = '' }) => ({
    kind: 'intent',
    to: { kind: 'channel', id: `channel:${channel}` },
    intent: { type: 'rollback.request', target: version === 'last-good' ? 'last-good' : { version }, reason },
  }),
};
