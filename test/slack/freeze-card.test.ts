import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Freeze } from '../../src/core/freeze/state.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { freezeCard } from '../../src/slack/views/freeze-card.ts';
import type { View } from '../../src/slack/views/blocks.ts';
import { ana, ben, hour, minute, start } from '../support/given.ts';
import { interpreted } from '../threats/support/interpreted.ts';
import { read } from './read-view.ts';

const freeze: Freeze = {
  id: 1,
  since: start,
  name: 'Ana Ruiz',
  reason: 'deploys go to the wrong cluster',
  confirmations: [],
  lifters: ['Ben Okafor', 'Dana Levi'],
  waiting: [],
};
const card = (changes: Partial<Freeze> = {}, now = start + 2 * minute): View =>
  freezeCard({ last: { ...freeze, ...changes } }, 'freeze 1', now);

describe('The card of a freeze', () => {
  test('says what waits, what goes on by itself, and who still has to confirm', () => {
    const waiting = [
      { operation: 'OP-1', what: 'roll shop/stable back 1.5.0 → 1.4.2', ready: true },
      { operation: 'OP-2', what: 'promote 1.6.0 from canary to shop/stable', ready: false },
    ];
    const confirmations = [{ by: ben, name: 'Ben Okafor', at: start + minute }];
    expect(read(card({ waiting, confirmations, lifters: ['Dana Levi'] }))).toMatchInlineSnapshot(`
      "
      header: 🧊 Production is frozen
      section: *No step begins.* What runs is followed to its end and may be aborted. Paging, incidents and timelines go on; rollbacks may be asked for and approved.
      section: *Frozen by*
        Ana Ruiz at 03:00
        *Why*
        deploys go to the wrong cluster
      section: ⏸️ *OP-1* (roll shop/stable back 1.5.0 → 1.4.2) goes on by itself as soon as it is lifted.
        ⏸️ *OP-2* (promote 1.6.0 from canary to shop/stable) is open.
      section: 🖐️ *It takes two people to lift it.* *Ben Okafor* at 03:01, which counts until 04:01. Still to confirm: Dana Levi.
      actions: [It may go on confirm]
      context: Against it: \`/lastgood freeze &lt;reason&gt;\`, and whoever has confirmed has to do so again.
      "
    `);
  });

  test('no longer names whoever confirmed an hour ago', () => {
    const confirmations = [{ by: ben, name: 'Ben Okafor', at: start }];
    expect(read(card({ confirmations, lifters: ['Dana Levi'] }, start + hour))).toContain(
      'Nobody has confirmed yet. Still to confirm: Ben Okafor and Dana Levi.',
    );
  });

  test('says by whom it was lifted, without a button', () => {
    const lifted = { at: start + minute, names: ['Ben Okafor', 'Dana Levi'] };
    expect(read(card({ lifted }))).toMatchInlineSnapshot(`
      "
      header: ✅ Production is no longer frozen
      section: Lifted by *Ben Okafor and Dana Levi* at 03:01.
      context: It was frozen by Ana Ruiz at 03:00: deploys go to the wrong cluster
      "
    `);
  });

  test('is none of an earlier freeze', () => {
    expect(() => freezeCard({ last: { ...freeze, id: 7 } }, 'freeze 1', start)).toThrow('freeze 1');
  });

  test('takes any words and any number, and lets none of them live', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    const waits = fc.record({ operation: fc.constant('OP-1'), what: text, ready: fc.boolean() });
    const given = fc.record({ by: fc.constant(ana), name: text, at: fc.constant(start) });
    fc.assert(
      fc.property(
        fc.record({
          name: text,
          reason: text,
          again: fc.record({ name: text, reason: text, at: fc.constant(start) }),
          lifters: fc.array(text, { maxLength: 40 }),
          waiting: fc.array(waits, { maxLength: 40 }),
          confirmations: fc.array(given, { maxLength: 1 }),
        }),
        (changes) => {
          const { text: fallback, blocks } = card(changes);
          expect(refuseBlocks(blocks)).toBeUndefined();
          const live = [fallback, ...interpreted(blocks)].map((words) =>
            words.replaceAll(/<!date\^[^>]*>/g, ''),
          );
          expect(live.filter((words) => /[<>]/.test(words))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
