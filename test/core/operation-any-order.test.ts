import { array, assert, constantFrom, integer, property, record, type Arbitrary } from 'fast-check';
import { expect, it } from 'vitest';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import { ana, ben, dana, minute, person, start, stranger } from '../support/given.ts';
import { approvals, asked, done, plan, stepSettled } from '../support/rollback.ts';

const secondAccount = person('ana', 'ana-at-home', 'responder', 'approver', 'lead');

const hash = '{{hash of the plan}}';
const wishes: Arbitrary<OperationIntent> = constantFrom<OperationIntent[]>(
  ...Array.from({ length: 9 }, (): OperationIntent => ({ type: 'operation.approve', hash })),
  { type: 'operation.approve', hash: 'ffffffffffffffff' },
  { type: 'operation.reject', hash },
  { type: 'operation.abort' },
  ...Array.from({ length: 6 }, (): OperationIntent => ({ type: 'operation.begin' })),
  { type: 'operation.void', why: 'moved on' },
  { type: 'operation.settle', outcome: 'done', why: 'looked' },
  { type: 'operation.settle', outcome: 'failed', why: 'looked' },
  { type: 'clock.tick', down: undefined },
  ...plan.steps.flatMap((_step, index) => [
    stepSettled(index, done),
    stepSettled(index, done),
    stepSettled(index, { status: 'failed', why: 'no' }),
    stepSettled(index, { status: 'unknown', why: 'lost' }),
    stepSettled(index, { status: 'withheld', why: 'late' }),
  ]),
);

const stories = array(
  record({
    wish: wishes,
    by: constantFrom(ana, ben, ben, dana, dana, secondAccount, stranger),
    pause: integer({ min: 0, max: 2 * minute }),
  }),
  { maxLength: 40 },
);

/** Whoever wants whatever, in whatever order. A failure prints its seed and the shortest story that shows it. */
it('nothing is carried out without enough people, in time, and only once', () => {
  let carriedOut = 0;
  const holds = property(stories, integer({ min: 0, max: 3 }), (story, needed) => {
    const policies = approvals(needed);
    let operation = asked(policies);
    let at = 0;
    const run = new Set<number>();
    for (const { wish, by, pause } of story) {
      at += pause;
      const intent = 'hash' in wish && wish.hash === hash ? { ...wish, hash: operation.state.hash } : wish;
      operation = operation.when(intent, { at, by, policies });
      for (const effect of operation.effects) {
        if (effect.type !== 'step.run') continue;
        expect(run, 'a step is sent out once').not.toContain(effect.step);
        expect(effect.step, 'steps run in order').toBe(run.size);
        run.add(effect.step);
        carriedOut += 1;
      }
      const { state, log } = operation;
      expect(state).toEqual(JSON.parse(JSON.stringify(state)));
      if (run.size === 0) continue;
      const people = new Set<string>();
      for (const event of log) {
        if (event.type !== 'approval.given') continue;
        expect(event.at, 'in time').toBeLessThan(state.expiresAt);
        people.add(event.person);
      }
      expect(people).not.toContain('ana');
      expect(people.size, 'enough people').toBe(needed);
      expect(state.begunAt ?? start, 'after the approvals').toBeGreaterThanOrEqual(
        Math.max(...log.flatMap((event) => (event.type === 'operation.approved' ? [event.at] : []))),
      );
    }
  });
  assert(holds, { numRuns: 600 });
  expect(carriedOut, 'the stories are worth telling').toBeGreaterThan(50);
});
