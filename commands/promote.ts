import type { Verb } from './verb.ts';

export const promote: Verb = {
  command: 'promote',
  word: undefined,
  summary: 'Bring a release that ran well on one channel to the next',
  arguments: [
    { name: 'source', kind: 'channel', required: true },
    { name: 'target', kind: 'channel', required: true },
    // Left out: what is live on the source.
    { name: 'version', kind: 'version', required: false },
    { name: 'override', kind: 'flag', required: false },
    { name: 'reason', kind: 'text', required: true },
  ],
  example: '/promote canary stable 1.6.0 three days without an error',
  ask: ({ source = '', target = '', version, override, reason = '' }) => ({
    kind: 'intent',
    to: { kind: 'channel', id: `channel:${source}` },
    intent: { type: 'promotion.request', target, version, override: override !== undefined, reason },
  }),
};
