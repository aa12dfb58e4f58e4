import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import { healthOf } from '../../src/core/channel/health-state.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import type { CanaryReport } from '../../src/core/health/report.ts';
import { canary } from '../support/canary.ts';
import { ana, given, hour, minute, policies, start, stranger } from '../support/given.ts';

const bot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };
const releases = policies.notifications.conversations['releases'] ?? '';

const set = (version: string): ChannelIntent => ({ type: 'channel.set', version, reason: 'released' });
/** The half an hour that ends so long after the start. */
function report(end: number, changes: Partial<CanaryReport> = {}): ChannelIntent {
  const window = { start: start + end - 30 * minute, end: start + end };
  return { type: 'health.report', report: canary({ window, ...changes }) };
}

/** 1.4.2 was live for an hour, 1.5.0 is since. */
const live = given(channelKind).when(set('1.4.2'), { by: ana }).when(set('1.5.0'), { at: hour, by: ana });
const passing = live.when(report(2 * hour), { at: 2 * hour, by: bot });
const failing = passing.when(report(2.5 * hour, { error_rate: 0.02 }), { at: 2.5 * hour, by: bot });

describe('a health report', () => {
  it('is judged, and shown on a card of its version', () => {
    passing.leadsTo({
      events: [{ type: 'health.reported', before: undefined }],
      effects: [{ type: 'slack.card', card: 'health 1.5.0', conversation: releases }],
    });
    expect(healthOf(passing.state, '1.5.0')).toMatchObject({
      judgement: { verdict: 'pass' },
      by: 'relbot (api)',
    });
  });

  it('that changes the verdict gets a line in the thread; a fail is also said aloud', () => {
    failing.leadsTo({
      effects: [
        { type: 'slack.card', card: 'health 1.5.0' },
        {
          type: 'slack.thread',
          card: 'health 1.5.0',
          broadcast: true,
          text: '1.5.0 FAILS, it passed before: 4210 sessions. Error rate 2 % in 30m, at most 1 %.',
        },
      ],
    });
    failing.when(report(3 * hour), { at: 3 * hour, by: bot }).leadsTo({
      effects: [{ type: 'slack.card' }, { type: 'slack.thread', broadcast: false }],
    });
    failing.when(report(3 * hour, { error_rate: 0.03 }), { at: 3 * hour, by: bot }).leadsTo({
      effects: ['slack.card'],
    });
  });

  it('that fails at once is said aloud', () => {
    live.when(report(2 * hour, { error_rate: 0.02 }), { by: bot }).leadsTo({
      effects: [{ type: 'slack.card' }, { type: 'slack.thread', broadcast: true }],
    });
  });

  it.each([
    ['is the same again', report(2.5 * hour, { error_rate: 0.02 })],
    ['has the same end', report(2.5 * hour)],
    ['is older', report(2 * hour + minute)],
  ])('changes nothing when it %s', (_why, again) => {
    failing.when(again, { at: 3 * hour, by: bot }).leadsTo({ events: [], effects: [] });
  });

  it('on a version that is not live is kept', () => {
    const early = live.when(report(2 * hour, { version: '1.6.0' }), { by: bot });
    expect(healthOf(early.state, '1.6.0')?.judgement.verdict).toBe('pass');
    expect(healthOf(early.state, '1.5.0')).toBeUndefined();
  });

  it('is compared with the last that passed of another version', () => {
    const before = given(channelKind)
      .when(set('1.4.2'), { by: ana })
      .when(report(hour, { version: '1.4.2', error_rate: 0.001 }), { at: hour, by: bot })
      .when(report(1.5 * hour, { version: '1.4.2', error_rate: 0.5 }), { at: 1.5 * hour, by: bot })
      .when(set('1.5.0'), { at: 2 * hour, by: ana });
    const up = before.when(report(3 * hour, { error_rate: 0.01 }), { at: 3 * hour, by: bot });
    expect(healthOf(up.state, '1.5.0')?.judgement.reasons).toMatchObject([
      { type: 'clearly-up', value: 0.01, baseline: { version: '1.4.2', value: 0.001 } },
    ]);
  });

  it('leads to the same, in whichever order they are told', () => {
    const told = [1, 2, 3, 4].map((n) => report(2 * hour + n * minute, { sessions: 3000 + n }));
    fc.assert(
      fc.property(fc.shuffledSubarray([...told, ...told], { minLength: 8, maxLength: 8 }), (any) => {
        let now = live;
        for (const one of any) now = now.when(one, { at: 3 * hour, by: bot });
        expect(healthOf(now.state, '1.5.0')?.report.sessions).toBe(3004);
      }),
    );
  });

  it('that failed speaks against a promotion until one passes: what says nothing takes nothing back', () => {
    const promote: ChannelIntent = {
      type: 'promotion.request',
      target: 'shop/canary',
      version: '1.5.0',
      override: false,
      reason: 'fine',
    };
    const against = (channel: typeof live) =>
      channel
        .when(promote, { by: ana })
        .tells.flatMap(({ intent }) =>
          intent.type === 'promotion.weigh' && 'concerns' in intent.testimony
            ? intent.testimony.concerns.flatMap(({ code, fact }) => (code === 'health-failed' ? [fact] : []))
            : [],
        );
    const drained = failing.when(report(3 * hour, { sessions: 3 }), { at: 3 * hour, by: bot });
    expect(against(drained)).toEqual([
      'the last conclusive health report of 1.5.0 on shop/stable failed (Error rate 2 % in 30m, at most 1 %)',
    ]);
    let busy = drained;
    for (let patch = 1; patch <= 9; patch += 1)
      busy = busy.when(report(3 * hour, { version: `1.6.${patch}` }), { by: bot });
    expect(against(busy)).toHaveLength(1);
    expect(against(busy.when(report(4 * hour), { at: 4 * hour, by: bot }))).toEqual([]);
  });

  it('comes from whoever may report, and from nobody else', () => {
    const reader: Actor = { kind: 'token', name: 'dashboard', roles: ['reader'], via: 'api' };
    const responder: Actor = { kind: 'token', name: 'ci', roles: ['responder'], via: 'api' };
    live.when(report(2 * hour), { by: ana }).leadsTo({ events: ['health.reported'] });
    live.when(report(2 * hour), { by: responder }).leadsTo({ events: ['health.reported'] });
    live
      .when(report(2 * hour), { by: { kind: 'source', name: 'the Slack app A0BOT' } })
      .leadsTo({ events: ['health.reported'] });
    live.when(report(2 * hour), { by: stranger }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-in-roster' }],
    });
    live.when(report(2 * hour), { by: reader }).leadsTo({
      events: [
        {
          type: 'request.refused',
          code: 'role-missing',
          why: 'This takes the role release-bot, or one of responder, approver, lead; dashboard has reader. Roles of tokens are in API_TOKENS.',
        },
      ],
    });
  });

  it('leaves a small state, however many there are', () => {
    let many = live;
    for (let n = 0; n < 40; n += 1) {
      const version = `1.5.${n % 8}`;
      many = many.when(report(2 * hour + n * minute, { version }), { by: bot });
    }
    expect(many.state.health?.map(({ version }) => version)).toEqual(['1.5.0', '1.5.5', '1.5.6', '1.5.7']);
    for (let n = 0; n < 40; n += 1) many = many.when(report(5 * hour + n * minute), { by: bot });
    expect(healthOf(many.state, '1.5.0')?.points).toHaveLength(24);
  });
});

describe('the card of a version', () => {
  const posted = (card: string, ts: string): ChannelIntent => ({
    type: 'effect.settled',
    id: 'channel:shop/stable/1.0',
    effect: { type: 'slack.card', conversation: releases, card, severity: undefined },
    outcome: { status: 'done', receipt: { ts, channel: releases } },
  });
  const rollBack: ChannelIntent = {
    type: 'rollback.request',
    target: { version: '1.4.2' },
    leaving: '1.5.0',
    reason: 'canary health failed',
  };

  it('is remembered where it was posted, and only once', () => {
    const shown = failing.when(posted('health 1.5.0', '1.1'));
    shown.leadsTo({ events: [{ type: 'card.posted', card: 'health 1.5.0', ts: '1.1' }], effects: [] });
    shown.when(posted('health 1.5.0', '1.1')).leadsTo({ events: [] });
  });

  it('is drawn anew when somebody takes the channel, and when another version is live', () => {
    const asked = failing.when(rollBack, { at: 3 * hour, by: ana });
    asked.leadsTo({ events: ['channel.locked'], effects: [{ type: 'slack.card', card: 'health 1.5.0' }] });
    failing.when(set('1.5.1'), { at: 3 * hour, by: ana }).leadsTo({
      effects: [{ type: 'registry.publish' }, { type: 'slack.card', card: 'health 1.5.0' }],
    });
  });

  it('has a button that does nothing when something else is live by now', () => {
    failing
      .when(set('1.5.1'), { at: 3 * hour, by: ana })
      .when(rollBack, { by: ana })
      .leadsTo({
        events: [{ type: 'request.refused', code: 'not-open' }],
      });
  });

  it('is not sent any more once the channel has forgotten the version', () => {
    const card = { type: 'slack.card', conversation: releases, severity: undefined } as const;
    const { wanted } = channelKind;
    expect(wanted(failing.state, { ...card, card: 'health 1.5.0' }, start)).toEqual({ wanted: true });
    expect(wanted(failing.state, { ...card, card: 'health 1.3.0' }, start)).toMatchObject({ wanted: false });
  });

  it('that Slack does not take is shouted about once', () => {
    const refused: ChannelIntent = {
      ...(posted('health 1.5.0', '1.1') as Extract<ChannelIntent, { type: 'effect.settled' }>),
      outcome: { status: 'failed', why: 'The bot is not in #releases.' },
    };
    const trouble = failing.when(refused);
    trouble.leadsTo({
      events: ['card.failed'],
      effects: [
        {
          type: 'page.slack',
          to: policies.notifications.conversations['emergency'] ?? '',
          text: 'shop/stable: The card could not be shown: The bot is not in #releases.',
        },
      ],
    });
    trouble.when(refused).leadsTo({ events: [] });
  });
});

it('reads a state from before there were reports', () => {
  const { health: _none, cards: _nor, drifts: _these, deployments: _yet, ...old } = live.state;
  expect(
    channelKind.decide(
      old,
      { at: start + 2 * hour, by: bot, intent: report(2 * hour) },
      {
        policies,
        id: old.id,
        nextOperation: 'OP-1',
        storeId: 'k3x9w2',
      },
    ).events,
  ).toMatchObject([{ type: 'health.reported' }]);
});
