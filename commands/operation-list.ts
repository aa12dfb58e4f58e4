import { answer } from '../src/core/answer.ts';
import { sayOperation } from '../src/core/operation/show.ts';
import { sayFrozen } from './lastgood-freeze.ts';
import type { Verb } from './verb.ts';

export const operationList: Verb = {
  command: 'operation',
  word: 'list',
  summary: 'Every open change to production, by its number',
  arguments: [],
  example: '/operation list',
  alone: 'with-usage',
  ask: (_values, { openOperations, freeze }) => {
    const count = openOperations.length;
    const title =
      count === 0
        ? 'No operation is open'
        : `${count} ${count === 1 ? 'operation is' : 'operations are'} open`;
    const lines = openOperations.map((operation) => `${operation.id}  ${sayOperation(operation)}`);
    return { kind: 'answer', answer: answer('info', title, ...sayFrozen(freeze), ...lines) };
  },
};
