import type { Verb } from './verb.ts';

export const operationReject: Verb = {
  command: 'operation',
  word: 'reject',
  summary: 'No to the plan with this hash; whoever asked for it withdraws it',
  arguments: [
    { name: 'operation', kind: 'operation', required: true },
    // What was seen is what is judged.
    { name: 'plan-hash', kind: 'plan-hash', required: true },
    { name: 'reason', kind: 'text', required: false },
  ],
  example: '/operation reject OP-7 0f3c9a51d2e47b86 the repair is out in five minutes',
  ask: ({ operation = '', 'plan-hash': hash = '', reason }) => ({
    kind: 'intent',
    to: { kind: 'operation', id: operation },
    intent: { type: 'operation.reject', hash, ...(reason === undefined ? {} : { reason }) },
  }),
};
