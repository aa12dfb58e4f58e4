import type { Verb } from './verb.ts';

export const operationApprove: Verb = {
  command: 'operation',
  word: 'approve',
  summary: 'Yes to the plan with this hash',
  arguments: [
    { name: 'operation', kind: 'operation', required: true },
    // What was seen is what is judged.
    { name: 'plan-hash', kind: 'plan-hash', required: true },
  ],
  example: '/operation approve OP-7 0f3c9a51d2e47b86',
  ask: ({ operation = '', 'plan-hash': hash = '' }) => ({
    kind: 'intent',
    to: { kind: 'operation', id: operation },
    intent: { type: 'operation.approve', hash },
  }),
};
