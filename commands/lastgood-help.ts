import { answer } from '../src/core/answer.ts';
import { sayFrozen } from './lastgood-freeze.ts';
import { onCallTogether } from './oncall.ts';
import { sayUsage } from './usage.ts';
import type { Verb } from './verb.ts';

/** What Lastgood is there for, to whoever meets it for the first time. */
export const purpose =
  'Lastgood takes you from an alert back to the last good release, and on to the post-mortem';
export const howItWorks =
  'An alert becomes an incident that calls one person after the other until somebody has it. Going back to a release, or on to the next, becomes a plan that somebody else approves.';
export const whereToRead = 'More is in Lastgood’s README.md, and in docs/operations.md for whoever runs it.';

/** Help over all verbs, its own included: it gets them late, since it is one of them. */
export function lastgoodHelp(verbs: () => readonly Verb[]): Verb {
  return {
    command: 'lastgood',
    word: 'help',
    summary: 'Everything you can type, and who is on call',
    arguments: [],
    example: '/lastgood help',
    alone: 'as-it-is',
    ask: (_values, asking) => {
      const usages = verbs().map((verb) => `${sayUsage(verb)} — ${verb.summary}`);
      const onCall = ['On call now:', ...onCallTogether(asking)];
      const lines = [
        ...sayFrozen(asking.freeze),
        howItWorks,
        'What you can type:',
        ...usages,
        ...onCall,
        whereToRead,
      ];
      return { kind: 'answer', answer: answer('info', purpose, ...lines) };
    },
  };
}
