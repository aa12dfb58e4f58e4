import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/core/operation/state.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { pageMessage } from '../../src/slack/views/page-message.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import { read } from './read-view.ts';
import { incident, minute, operation, start } from './states.ts';

const now = start + 4 * minute;

type Promotion = Extract<Plan, { kind: 'promote' }>;

function promotion(changes: Partial<Operation> = {}, planned: Partial<Promotion> = {}): Operation {
  const { plan } = operation();
  return operation({
    plan: {
      ...plan,
      kind: 'promote',
      source: 'canary',
      to: '1.6.0',
      reason: 'three days without an error',
      override: undefined,
      ...planned,
    },
    incident: undefined,
    severity: undefined,
    ...changes,
  });
}

describe('the card of a promotion', () => {
  test('says what will come from where, and who lifted what', () => {
    const lifts = [
      { key: 'INC-3', code: 'frozen', fact: 'frozen by INC-3 (P1) on shop/stable' },
      {
        key: 'not-observed',
        code: 'not-observed',
        fact: '1.6.0 ran on shop/canary for 12m of the 30m it takes',
      },
    ] as const;
    const overridden = promotion({ incident: 'INC-3' }, { override: { by: 'Dana Levi (slack)', lifts } });
    expect(read(planCard(overridden, now))).toMatchInlineSnapshot(`
      "
      header: ⏩ Promote 1.6.0 from canary to shop/stable
      section: 🖐️ *Waits for approval*, 0 of 1 so far, until 03:22
        May approve: anybody with the role approver or lead, except Ana Ruiz.
      section: *From → to*
        1.5.0 → 1.6.0
        *Reason*
        three days without an error
        *Asked by*
        Ana Ruiz (slack) at 03:07
        *Override*
        by Dana Levi (slack): frozen by INC-3 (P1) on shop/stable; 1.6.0 ran on shop/canary for 12m of the 30m it takes
        *Incident*
        INC-3
      section: ⚪ 1. *Deploy 1.4.2* · github-workflow, target 2m
        ⚪ 2. *Check that it is well* · health, target 1m
        ⚪ 3. *Archive 1.5.0 in Sentry* · sentry-release, target 10s
      context: OP-7 · plan 0123456789abcdef
      actions: [Approve primary confirm] [Reject danger] [Withdraw]
      "
    `);
  });

  test('offers to go back when it has failed', () => {
    const failed = promotion({ status: 'failed', why: 'Deploy: run 9 failed.' });
    expect(read(planCard(failed, now))).toContain(
      '❌ *Failed.* Deploy: run 9 failed.\n  Look what runs there now: go back with /rollback, or say what is live with /channels set.',
    );
    expect(read(planCard(failed, now))).toContain('[Roll back to 1.5.0 danger confirm]');
  });

  test.each([
    ['an incident offers it', { incident: 'INC-3' }],
    ['a rollback comes after it', { yieldsTo: 'OP-8' }],
    ['it has changed nothing', { touched: false }],
  ])('does not offer it when %s', (_why, changes) => {
    expect(read(planCard(promotion({ status: 'failed', ...changes }), now))).not.toContain('[Roll back');
  });

  test.each([
    [{}, '❌ *Failed.* It was approved, but could not begin. Nothing was changed.\n'],
    [{ yieldsTo: 'OP-8' }, '🛑 *Stopped.* It was approved, but could not begin. Nothing was changed.\n'],
  ])('says when it has changed nothing: %o', (changes, words) => {
    const why = 'It was approved, but could not begin.';
    expect(read(planCard(promotion({ status: 'failed', touched: false, why, ...changes }), now))).toContain(
      words,
    );
  });

  test('says for which rollback it was stopped', () => {
    const running = promotion({ status: 'running', aborting: 'the rollback OP-8', yieldsTo: 'OP-8' });
    expect(read(planCard(running, now))).toContain(
      '🛑 It makes way for the rollback *OP-8*: no further step begins.',
    );
    const stopped = promotion({ status: 'failed', yieldsTo: 'OP-8', why: 'Stopped by the rollback OP-8.' });
    expect(read(planCard(stopped, now))).toContain(
      '🛑 *Stopped.* Stopped by the rollback OP-8.\n  The channel may be between two versions until OP-8 or another rollback is done.',
    );
  });
});

describe('the card of a rollback that waits for a promotion', () => {
  const waits = '⏸️ It begins as soon as OP-6 has let go of the channel.';

  test.each([
    [
      'may be approved meanwhile',
      'awaiting-approval',
      '[Approve primary confirm] [Reject danger] [Withdraw]',
    ],
    ['may be withdrawn after that', 'approved', 'actions: [Withdraw]'],
  ] as const)('%s', (_what, status, buttons) => {
    const text = read(planCard(operation({ status, waitsFor: 'OP-6' }), now));
    expect(text).toContain(waits);
    expect(text).toContain(buttons);
  });
});

describe('an incident during a promotion', () => {
  const suspect = { live: '1.5.0', liveSince: start - 60 * minute, lastGood: '1.5.0' };
  const during = incident({
    suspect: { ...suspect, promotion: { version: '1.6.0', isOver: false } },
    promotions: { 'OP-7': 'running' },
  });
  const page = { type: 'page.slack', person: 'ana', to: 'U0ANA', text: 'P1', severity: 'P1' } as const;

  test('says what comes, and goes back to what was there', () => {
    const text = read(incidentCard(during, now));
    expect(text).toContain('*Promotion*\n  1.6.0 is being promoted to this channel right now.');
    expect(text).toContain('*OP-7* (promotion) ▶️ is running');
    expect(text).toContain('[Roll back to 1.5.0 danger confirm]');
    expect(read(pageMessage(page, during))).toContain('1.6.0 is being promoted to this channel right now.');
  });

  test('says when nobody can be sure what runs', () => {
    const over = incident({ suspect: { ...suspect, promotion: { version: '1.6.0', isOver: true } } });
    expect(read(incidentCard(over, now))).toContain(
      'A promotion of 1.6.0 has not finished: nobody can be sure what runs.',
    );
  });
});

test('whatever people write, Slack takes the card and finds nothing live in it', () => {
  const nasty = fc
    .array(fc.constantFrom('<!here>', '<@U0ANA>', '|', '&', '>', 'x'.repeat(700), '\n'))
    .map((p) => p.join(''));
  fc.assert(
    fc.property(nasty, nasty, fc.constantFrom('awaiting-approval', 'approved', 'failed'), (a, b, status) => {
      const lifts = [{ key: a, code: 'frozen', fact: b }] as const;
      const version = b.slice(0, 128);
      const planned = { source: a, from: version, to: version, reason: b, override: { by: a, lifts } };
      const { text, blocks } = planCard(promotion({ status, waitsFor: a, why: b }, planned), now);
      expect(refuseBlocks(blocks)).toBeUndefined();
      const markup = [text];
      JSON.stringify(blocks, (_key, part: { readonly type?: unknown; readonly text?: unknown }) => {
        if (part?.type === 'mrkdwn') markup.push(String(part.text));
        return part;
      });
      expect(markup.join('').replace(/<!date\^\d+\^[^|]+\|[^>]+>/g, '')).not.toMatch(/<[!@#]/);
    }),
    { numRuns: 100 },
  );
});
