import { answer } from '../src/core/answer.ts';
import { anyRole, lacksPermission } from '../src/core/permission.ts';
import type { Verb } from './verb.ts';

export const lastgoodDoctor: Verb = {
  command: 'lastgood',
  word: 'doctor',
  summary: 'Whether all that Lastgood needs is there and works; what to do',
  arguments: [],
  example: '/lastgood doctor',
  ask: (_values, { by }) => {
    const refusal = lacksPermission(by, anyRole, 'ask the doctor');
    if (!refusal) return { kind: 'doctor' };
    return { kind: 'answer', answer: answer('refused', 'The doctor is for the team', refusal.why) };
  },
};
