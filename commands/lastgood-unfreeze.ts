import { freezeAddress } from '../src/core/freeze/state.ts';
import type { Verb } from './verb.ts';

export const lastgoodUnfreeze: Verb = {
  command: 'lastgood',
  word: 'unfreeze',
  summary: 'I confirm that production may go on; it takes two people',
  arguments: [{ name: 'reason', kind: 'text', required: true }],
  example: '/lastgood unfreeze the deploy tool points at the right cluster again',
  ask: ({ reason = '' }) => ({
    kind: 'intent',
    to: freezeAddress,
    intent: { type: 'freeze.lift', reason },
  }),
};
