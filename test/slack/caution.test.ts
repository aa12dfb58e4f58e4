import { expect, test } from 'vitest';
import type { Operation } from '../../src/core/operation/state.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import { read } from './read-view.ts';
import { minute, operation, start } from './states.ts';

const now = start + 4 * minute;
const caution = '1.4.2 was rolled back from on shop/stable at 02:04 UTC by OP-1 (<!here> answers 500)';

function cautioned(changes: Partial<Operation> = {}): Operation {
  const { plan } = operation();
  if (plan.kind !== 'rollback') throw new Error('the operation of the examples is no rollback any more');
  return operation({ plan: { ...plan, caution }, ...changes });
}

test('what is known against a rollback stands right below the banner', () => {
  const { blocks } = planCard(cautioned(), now);
  expect(read({ text: '', blocks: blocks.slice(1, 3) })).toContain(
    '⚠️ 1.4.2 was rolled back from on shop/stable at 02:04 UTC by OP-1 (&lt;!here&gt; answers 500).',
  );
  expect(read(planCard(operation(), now))).not.toContain('⚠️');
});

test('and once more in the question before the approval', () => {
  const asks = JSON.stringify(planCard(cautioned(), now).blocks.at(-1));
  expect(asks).toContain(
    'beginning at once. ⚠️ 1.4.2 was rolled back from on shop/stable at 02:04 UTC by OP-1',
  );
});

test('it stays on the card when all is over', () => {
  expect(read(planCard(cautioned({ status: 'done', why: 'It is live.' }), now))).toContain('⚠️ 1.4.2 was');
});
