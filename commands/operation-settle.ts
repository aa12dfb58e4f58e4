import type { Verb } from './verb.ts';

export const operationSettle: Verb = {
  command: 'operation',
  word: 'settle',
  summary: 'I have looked: how an operation of unknown outcome ended',
  arguments: [
    { name: 'operation', kind: 'operation', required: true },
    { name: 'outcome', kind: 'outcome', required: true },
    { name: 'reason', kind: 'text', required: true },
  ],
  example: '/operation settle OP-7 done 1.4.2 answers on every host',
  ask: ({ operation = '', outcome, reason = '' }) => ({
    kind: 'intent',
    to: { kind: 'operation', id: operation },
    intent: { type: 'operation.settle', outcome: outcome === 'done' ? 'done' : 'failed', why: reason },
  }),
};
