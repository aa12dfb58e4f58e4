import { answer } from '../src/core/answer.ts';
import { sayOperation } from '../src/core/operation/show.ts';
import type { Verb } from './verb.ts';

export const operationShow: Verb = {
  command: 'operation',
  word: 'show',
  summary: 'Its plan, how far it is, who may approve it, and its hash',
  arguments: [{ name: 'operation', kind: 'operation', required: false }],
  example: '/operation show OP-7',
  ask: ({ operation }, asking) => {
    if (operation !== undefined) return { kind: 'show', operation };
    const { openOperations } = asking;
    const [only, another] = openOperations;
    if (only && !another) return { kind: 'show', operation: only.id };
    const told = only
      ? answer(
          'refused',
          'Which operation?',
          ...openOperations.map((each) => `${each.id}  ${sayOperation(each)}`),
          `For example: /operation show ${only.id}`,
        )
      : answer('refused', 'No operation is open', 'For one that has ended, say which: /operation show OP-7');
    return { kind: 'answer', answer: told };
  },
};
