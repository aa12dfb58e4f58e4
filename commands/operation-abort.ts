import type { Verb } from './verb.ts';

export const operationAbort: Verb = {
  command: 'operation',
  word: 'abort',
  summary: 'Before it runs: withdrawn. While it runs: no further step begins',
  arguments: [{ name: 'operation', kind: 'operation', required: true }],
  example: '/operation abort OP-7',
  ask: ({ operation = '' }) => ({
    kind: 'intent',
    to: { kind: 'operation', id: operation },
    intent: { type: 'operation.abort' },
  }),
};
