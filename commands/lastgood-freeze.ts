import { freezeAddress, sayFreeze, type Freeze } from '../src/core/freeze/state.ts';
import { mayHaveToWait } from '../src/core/operation/frozen.ts';
import { sayPlan } from '../src/core/plan/words.ts';
import type { Verb } from './verb.ts';

export const lastgoodFreeze: Verb = {
  command: 'lastgood',
  word: 'freeze',
  summary: 'Kill switch: no step begins anywhere until two people lift it',
  arguments: [{ name: 'reason', kind: 'text', required: true }],
  example: '/lastgood freeze deploys go to the wrong cluster',
  ask: ({ reason = '' }, asking) => {
    const waiting = asking.openOperations.filter(mayHaveToWait);
    const open = waiting.map(({ id, plan }) => ({ operation: id, what: sayPlan(plan) }));
    return { kind: 'intent', to: freezeAddress, intent: { type: 'freeze.begin', reason, open } };
  },
};

/** Before whatever somebody looks up, so that nobody plans without knowing it. */
export function sayFrozen(freeze: Freeze | undefined): readonly string[] {
  return freeze ? [`🧊 ${sayFreeze(freeze)}`, 'No step begins until two people have lifted that.'] : [];
}
