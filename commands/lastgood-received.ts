import { answer } from '../src/core/answer.ts';
import { anyRole, lacksPermission } from '../src/core/permission.ts';
import type { Verb } from './verb.ts';

export const lastgoodReceived: Verb = {
  command: 'lastgood',
  word: 'received',
  summary: 'What came in under an id and was not understood, word for word',
  arguments: [{ name: 'id', kind: 'text', required: true }],
  example: '/lastgood received generic/0b54ac6e-4b4c-4c0f-9d0d-0f6a1f6a52c1',
  ask: ({ id = '' }, { by }) => {
    const refusal = lacksPermission(by, anyRole, 'read what came in');
    if (!refusal) return { kind: 'received', id };
    return { kind: 'answer', answer: answer('refused', 'What came in is for the team', refusal.why) };
  },
};

/** What somebody types who wants to see it. */
export function receivedCommand(id: string): string {
  return `/lastgood received ${id}`;
}
