import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { EffectOf, Errand } from '../../src/core/effect.ts';
import type { Asks } from '../../src/core/operation/approvers.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import { cardCarrier } from '../../src/slack/carriers/card.ts';
import { approvalRequest } from '../../src/slack/views/approval-request.ts';
import { pageOver } from '../../src/slack/views/page-over.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import { read } from './read-view.ts';
import { ana, incident, minute, operation, start } from './states.ts';
import { clientsOf, incidents, startWorkspace } from './workspace.ts';

const now = start + 4 * minute;
const asks: Asks = {
  people: [
    { person: 'ben', name: 'Ben Okafor', slack: 'U0BEN', email: undefined },
    { person: 'dana', name: 'Dana <Levi>', slack: undefined, email: 'dana@shop.example' },
  ],
  more: 0,
};
const approved: Partial<Operation> = {
  approvals: [{ person: 'ben', name: 'Ben Okafor', by: ana, at: now }],
};

/** What Ben is written about OP-7. */
function toBen(changes: Partial<Operation> = {}): string {
  return read(approvalRequest(operation({ asks, ...changes }), 'request ben', now));
}

describe('the message that asks for an approval', () => {
  it('says what, who, why, until when and where, with the buttons of the card', () => {
    expect(toBen()).toMatchInlineSnapshot(`
      "
      header: 🖐️ OP-7 waits for your approval
      section: *Ana Ruiz (slack) asks to roll shop/stable back 1.5.0 → 1.4.2*: 5xx on checkout since the release (*INC-3*)
      section: 1. Deploy 1.4.2 · 2. Check that it is well · 3. Archive 1.5.0 in Sentry
      section: *0 of 1* approval so far; it waits until 03:22.
      actions: [Approve primary confirm] [Reject danger]
      context: OP-7 · plan 0123456789abcdef · Its card is in <#C0INCIDENTS>.
      "
    `);
    const buttons = (blocks: readonly object[]): readonly unknown[] =>
      blocks.flatMap((block) => ('elements' in block ? (block.elements as unknown[]) : []));
    const onCard = buttons(planCard(operation({ asks }), now).blocks);
    const here = buttons(approvalRequest(operation({ asks }), 'request ben', now).blocks).slice(0, 2);
    expect(here).toHaveLength(2);
    expect(onCard).toEqual(expect.arrayContaining(here));
  });

  it('warns of what speaks against it, or was overridden', () => {
    const { plan } = operation();
    const caution = 'Rolled back from on 2026-11-20, by Ana Ruiz';
    expect(toBen({ plan: { ...plan, kind: 'rollback', caution } })).toContain(`⚠️ ${caution}.`);
    const override = {
      by: 'Dana Levi (slack)',
      lifts: [{ key: 'INC-3', code: 'frozen' as const, fact: 'frozen by INC-3 (P1)' }],
    };
    const promotion = toBen({ plan: { ...plan, kind: 'promote', source: 'canary', override } });
    expect(promotion).toContain('promote 1.4.2 from canary to shop/stable');
    expect(promotion).toContain('🔓 Dana Levi (slack) overrides: frozen by INC-3 (P1).');
  });

  it.each([
    ['approved', approved, '✅ *Approved* by *Ben Okafor* at 03:08.'],
    ['running', approved, '✅ *Approved* by *Ben Okafor* at 03:08.'],
    [
      'rejected',
      { why: 'Rejected by Dana Levi.' },
      '🚫 *Rejected.* Rejected by Dana Levi. Nothing was changed.',
    ],
    ['withdrawn', { why: 'Withdrawn by Ana Ruiz.' }, '🚫 *Withdrawn.* Withdrawn by Ana Ruiz.'],
    ['expired', { why: 'It had 0 of 1.' }, '⌛ *Expired.* It had 0 of 1.'],
    ['void', { why: '1.6.0 is live now.' }, '🚫 *Void.* 1.6.0 is live now.'],
  ] as const)('when it is %s, says so and has no button', (status, changes, said) => {
    const message = toBen({ status, ...changes });
    expect(message).toContain(said);
    expect(message).not.toContain('actions:');
  });

  it('names in its notification whoever approved', () => {
    const { text } = approvalRequest(
      operation({ asks, ...approved, status: 'approved' }),
      'request ben',
      now,
    );
    expect(text).toMatch(/^✅ OP-7 was approved by Ben Okafor: Ana Ruiz \(slack\) asks to roll/);
  });

  it('is done with whoever has approved, and goes on asking the others', () => {
    const two = { ...approved, rule: { ...operation().rule, approvals: 2 } };
    expect(toBen(two)).toContain('👍 OP-7: you have approved');
    expect(toBen(two)).not.toContain('actions:');
    const other = read(approvalRequest(operation({ asks, ...two }), 'request dana', now));
    expect(other).toContain('*1 of 2* approvals so far by *Ben Okafor* at 03:08');
    expect(other).toContain('[Approve primary confirm] [Reject danger]');
  });
});

describe('the plan card', () => {
  it('mentions those who are asked, by name where they have no Slack', () => {
    expect(read(planCard(operation({ asks }), now))).toContain('👉 Asked: <@U0BEN>, Dana &lt;Levi&gt;\n');
    expect(read(planCard(operation({ asks: { ...asks, more: 3 } }), now))).toContain(
      ', and 3 more: `/operation show OP-7`',
    );
  });

  it('names whom that could not reach, and mentions nobody who has approved', () => {
    const cards = { 'request ben': { conversation: '', ts: undefined, trouble: 'user_disabled' } };
    expect(read(planCard(operation({ asks, cards }), now))).toContain(
      '⚠️ Ben Okafor got no direct message: user_disabled',
    );
    expect(read(planCard(operation({ asks, ...approved }), now))).not.toContain('<@');
  });

  it('says when nobody may approve', () => {
    expect(read(planCard(operation({ asks: { people: [], more: 0 } }), now))).toContain(
      '⚠️ Nobody else in the roster may: it takes the role approver or lead.',
    );
  });
});

describe('a page that is over', () => {
  const held = { by: 'Ben <Okafor>', person: 'ben', at: now, expiresAt: undefined };

  it('says who has it, and has no button', () => {
    expect(read(pageOver(incident({ status: 'acknowledged', acknowledged: held }), now)))
      .toMatchInlineSnapshot(`
        "
        header: ✅ P1 Checkout fails for 8 % of customers
        section: ✅ *Acknowledged* by *Ben &lt;Okafor&gt;* at 03:08.
        context: You were called for *INC-3*: *Checkout* on *shop/stable*. The live card is in <#C0INCIDENTS>.
        "
      `);
  });

  it('says who resolved it', () => {
    const resolved = { by: 'Dana Levi', at: now, reason: '' };
    const message = pageOver(incident({ status: 'resolved', acknowledged: held, resolved }), now);
    expect(read(message)).toContain('✅ *Resolved* by *Dana Levi* at 03:08.');
    expect(message.text).toBe('✅ INC-3 resolved by Dana Levi: Checkout fails for 8 % of customers');
  });
});

describe('in Slack', () => {
  let slack: Slack;
  beforeEach(async () => {
    slack = await startWorkspace();
  });
  afterEach(() => slack.close());

  const anas = { people: [{ person: 'ana', name: 'Ana Ruiz', slack: 'U0ANA', email: undefined }], more: 0 };
  const request = {
    type: 'slack.card',
    conversation: 'U0ANA',
    card: 'request ana',
    severity: 'P1',
  } as const;

  function carry(
    state: unknown,
    errand: Partial<Omit<Errand<'slack.card'>, 'effect'>> = {},
    effect: EffectOf<'slack.card'> = request,
  ) {
    const carrier = cardCarrier(
      clientsOf(slack).timeline,
      (id) => (id === 'U0ANA' ? 'Ana Ruiz' : id),
      'k3x9w2',
      () => undefined,
    );
    return carrier.carry({
      id: 'OP-7/1.1',
      stream: 'OP-7',
      effect,
      state,
      attempt: 1,
      mayHaveHappened: false,
      receipt: {},
      overdue: false,
      now,
      signal: new AbortController().signal,
      ...errand,
    });
  }
  const direct = () => slack.messages('D0ANA').map(({ text }) => text);

  test('a request is posted once to the person, and edited there', async () => {
    const posted = await carry(operation({ asks: anas }));
    if (posted.status !== 'done') throw new Error(posted.status);
    const { ts = '', channel = '' } = posted.receipt;
    expect(channel).toBe('D0ANA');
    const cards = { 'request ana': { conversation: channel, ts, trouble: undefined } };
    const over = operation({ asks: anas, cards, status: 'expired' });
    expect(await carry(over, { id: 'OP-7/5.1' })).toEqual({ status: 'done', receipt: { ts, channel } });
    expect(direct()).toEqual([expect.stringMatching(/^OP-7: expired: Ana Ruiz \(slack\) asks to roll/)]);
  });

  test('one whose answer was lost is found, and says what it has to say by then', async () => {
    slack.fail({ status: 502, applied: true, times: 1, path: 'chat.postMessage' });
    expect(await carry(operation({ asks: anas }))).toMatchObject({ status: 'retry', mayHaveHappened: true });
    const outcome = await carry(operation({ asks: anas, status: 'withdrawn' }), { mayHaveHappened: true });
    expect(outcome).toMatchObject({ status: 'done', receipt: { channel: 'D0ANA' } });
    expect(direct()).toEqual([expect.stringContaining('OP-7: withdrawn')]);
  });

  test('one that somebody has deleted does not come back', async () => {
    const cards = { 'request ana': { conversation: 'D0ANA', ts: '1700000000.000001', trouble: undefined } };
    await carry(operation({ asks: anas }), { id: 'OP-6/1.1' });
    const outcome = await carry(operation({ asks: anas, cards, status: 'expired' }));
    expect(outcome).toMatchObject({ status: 'failed', why: expect.stringContaining('message_not_found') });
    expect(direct()).toHaveLength(1);
  });

  test('one that Slack does not take is told with the name and what to do', async () => {
    slack.fail({ error: 'user_disabled', path: 'chat.postMessage' });
    expect(await carry(operation({ asks: anas }))).toEqual({
      status: 'failed',
      why: 'Slack takes no direct message for Ana Ruiz (user_disabled): check the Slack id in policies/roster.yml.',
    });
  });

  test('a page is edited where it stands, and the card of its incident is another one', async () => {
    const posted = await carry(operation({ asks: anas }));
    if (posted.status !== 'done') throw new Error(posted.status);
    const { ts = '' } = posted.receipt;
    const state = incident({
      status: 'resolved',
      resolved: { by: 'Ben Okafor', at: now, reason: '' },
      cards: { 'INC-3/3.1': { conversation: 'D0ANA', ts, trouble: undefined } },
    });
    const effect = { ...request, conversation: 'D0ANA', card: 'INC-3/3.1' };
    const errand = { id: 'INC-3/9.1', stream: 'INC-3' };
    expect(await carry(state, errand, effect)).toEqual({
      status: 'done',
      receipt: { ts, channel: 'D0ANA' },
    });
    expect(direct()).toEqual(['✅ INC-3 resolved by Ben Okafor: Checkout fails for 8 % of customers']);
    expect(slack.messages(incidents)).toEqual([]);
  });
});
