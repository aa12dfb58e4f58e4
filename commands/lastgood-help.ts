import { answer } from '../src/core/answer.ts';
import { sayUsage } from './usage.ts';
import type { Verb } from './verb.ts';

/** Help over all verbs, its own included: it gets them late, since it is one of them. */
export function lastgoodHelp(verbs: () => readonly Verb[]): Verb {
  return {
    command: 'lastgood',
    word: 'help',
    summary: 'Everything you can type',
    arguments: [],
    example: '/lastgood help',
    ask: () => {
      const lines = verbs().map((verb) => `${sayUsage(verb)} — ${verb.summary}`);
      return { kind: 'answer', answer: answer('info', 'What you can type', ...lines) };
    },
  };
}
