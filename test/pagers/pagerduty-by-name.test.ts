import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EffectOf, Errand } from '../../src/core/effect.ts';
import { pagerdutyByName } from '../../src/pagers/pagerduty-by-name.ts';
import { pagerdutyPager } from '../../src/pagers/pagerduty.ts';
import { startPagerduty, type Pagerduty } from '../../src/sandbox/neighbours/pagerduty.ts';
import { secret } from '../../src/trust/secrets.ts';
import { pagerContract } from '../contract/pager.ts';

const routingKey = 'R0UT1NGKEYcanary0123456789abcdef';
const token = 'u+canary-of-the-api';
const at = Date.parse('2026-11-22T03:00:00Z');
const key = 'lastgood/k3x9w2/INC-12/rung-1.1';
const users = [
  { id: 'PBOT', name: 'Lastgood', email: 'lastgood@acme.example' },
  { id: 'PANA', name: 'Ana Ruiz', email: 'ana@acme.example' },
  { id: 'PBEN', name: 'Ben Okafor', email: 'ben@acme.example' },
];

type Page = EffectOf<'page.pagerduty'>;
type PagerdutyErrand = Errand<'page.pagerduty'>;

function errand(change: Partial<Page> = {}, also: Partial<PagerdutyErrand> = {}): PagerdutyErrand {
  return {
    id: 'INC-12/5.0',
    stream: 'INC-12',
    effect: {
      type: 'page.pagerduty',
      action: 'trigger',
      dedupKey: key,
      named: { service: 'PSHOP', users: ['PANA'] },
      severity: 'P0',
      summary: 'P0 INC-12: Checkout answers 500',
      service: 'checkout',
      person: 'ana',
      ...change,
    },
    state: undefined,
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    now: at,
    signal: AbortSignal.timeout(5_000),
    ...also,
  };
}

const bens = { named: { service: 'PSHOP', users: ['PBEN'] }, person: 'ben' };

function pagerAt(url: string, access: { readonly token?: string; readonly from?: string } | 'none' = {}) {
  const common = {
    cardUrl: (_stream: string, state: unknown) =>
      state === 'opened'
        ? ({ what: 'conversation', url: 'https://slack.example/C0' } as const)
        : ({ what: 'card', url: 'https://slack.example/card' } as const),
    secrets: [secret(routingKey), secret(token)],
  };
  return pagerdutyByName({
    events: pagerdutyPager({ routingKey: secret(routingKey), eventsUrl: url, ...common }),
    access:
      access === 'none'
        ? undefined
        : { token: secret(access.token ?? token), from: access.from ?? 'lastgood@acme.example', url },
    ...common,
  });
}

const start = (): Promise<Pagerduty> =>
  startPagerduty({
    now: () => new Date(at),
    routingKeys: [routingKey],
    rest: { token, users, services: [{ id: 'PSHOP', name: 'Shop' }] },
  });

pagerContract(async () => {
  const pagerduty = await start();
  return {
    pager: pagerAt(pagerduty.url),
    errand: errand(),
    secret: token,
    asksFirst: true,
    arrived: () => pagerduty.alerts().map((_, index) => `PSANDBOX${index + 1}`),
    fail: (how) => {
      const failures = {
        refuse: { status: 400, error: `whoever shows ${token} may not` },
        break: { status: 500 },
        'slow-down': { status: 429 },
        hang: { hang: true },
        lose: { status: 502, applied: true, path: 'POST /incidents' },
      };
      pagerduty.fail(failures[how]);
    },
    heal: pagerduty.heal,
    close: () => pagerduty.close(),
  };
});

describe('a page by name', () => {
  let pagerduty: Pagerduty;
  let pager: ReturnType<typeof pagerAt>;
  beforeEach(async () => {
    pagerduty = await start();
    pager = pagerAt(pagerduty.url);
  });
  afterEach(() => pagerduty.close());

  const called = () => pagerduty.alerts().map((alert) => alert.called?.users);

  it('says so when it can lead to the conversation only', async () => {
    await pager.carry({ ...errand(), state: 'opened' });
    expect(pagerduty.alerts()).toMatchObject([
      { details: { details: 'conversation: https://slack.example/C0' } },
    ]);
  });

  it('calls the very person, and tells what the page says elsewhere, too', async () => {
    const details = { live: '1.5.0', rollback: '/rollback stable 1.4.2' };
    const links = [{ label: 'runbook', url: 'https://wiki.example/checkout' }];
    const outcome = await pager.carry(errand({ details, links }));
    expect(outcome).toEqual({ status: 'done', receipt: { incident: 'PSANDBOX1', as: 'PBOT' } });
    expect(pagerduty.alerts()).toMatchObject([
      {
        dedupKey: key,
        summary: 'P0 INC-12: Checkout answers 500',
        called: { service: 'PSHOP', users: ['PANA'] },
        details: {
          details:
            'live: 1.5.0\nrollback: /rollback stable 1.4.2\nrunbook: https://wiki.example/checkout\ncard: https://slack.example/card',
        },
      },
    ]);
    expect(pagerduty.log()).toEqual([]);
  });

  it('adds the next rung’s person to the same incident, whose phone goes on ringing for the first', async () => {
    await pager.carry(errand());
    await pager.carry(errand(bens));
    expect(called()).toEqual([['PANA', 'PBEN']]);
    expect(pagerduty.deeds()).toMatchObject([{ names: ['Ana Ruiz'] }, { names: ['Ben Okafor'] }]);
  });

  it('acknowledges and resolves it, and says who did', async () => {
    await pager.carry(errand());
    const end = { named: { service: 'PSHOP', users: [] }, summary: 'Resolved by Ben Okafor' };
    expect(await pager.carry(errand({ ...end, action: 'acknowledge' }))).toMatchObject({ status: 'done' });
    expect(pagerduty.alerts()[0]?.state).toBe('acknowledged');
    expect(await pager.carry(errand({ ...end, action: 'resolve' }))).toMatchObject({ status: 'done' });
    expect(pagerduty.alerts()[0]?.state).toBe('resolved');
  });

  it('looks again before it believes that there is nothing to acknowledge', async () => {
    const end = { named: { service: 'PSHOP', users: [] }, action: 'acknowledge' } as const;
    const again = { status: 'retry', after: 1_000, mayHaveHappened: false };
    expect(await pager.carry(errand(end))).toMatchObject(again);
    expect(await pager.carry(errand(end, { attempt: 4 }))).toMatchObject({ status: 'done' });
  });

  it('does not wait for ever to learn in whose name it calls', async () => {
    pagerduty.fail({ hang: true, path: '/users' });
    expect(await pager.carry(errand())).toEqual({ status: 'done', receipt: { incident: 'PSANDBOX1' } });
  });

  it('leaves a page that names nobody to the Events API', async () => {
    const { named: _named, ...nameless } = errand().effect;
    await pager.carry({ ...errand(), effect: nameless });
    expect(pagerduty.log()).toMatchObject([{ path: '/v2/enqueue', body: { dedup_key: key } }]);
    expect(pagerduty.deeds()).toEqual([]);
  });
});

describe('when PagerDuty cannot be told whom to call', () => {
  let pagerduty: Pagerduty;
  beforeEach(async () => {
    pagerduty = await start();
  });
  afterEach(() => pagerduty.close());

  const byEvent = () => pagerduty.log().map(({ body }) => [body['event_action'], body['dedup_key']]);

  it('tries three times, and then lets an event ring whom PagerDuty chooses, and says so', async () => {
    const pager = pagerAt(pagerduty.url);
    pagerduty.fail({ status: 503, path: 'incidents' });
    for (const attempt of [1, 2])
      expect(await pager.carry(errand({}, { attempt }))).toMatchObject({
        status: 'retry',
        mayHaveHappened: true,
      });
    expect(byEvent()).toEqual([]);
    expect(await pager.carry(errand({}, { attempt: 3 }))).toEqual({
      status: 'done',
      receipt: { dedup_key: `${key}/PANA` },
      note: 'PagerDuty could not be told whom to call (it answered 503). Its own escalation policy chooses.',
    });
    expect(byEvent()).toEqual([['trigger', `${key}/PANA`]]);
  });

  it('lets nobody else on the rung wait as long: for a minute, each goes as an event at once', async () => {
    const pager = pagerAt(pagerduty.url);
    pagerduty.fail({ status: 503, path: 'incidents' });
    await pager.carry(errand({}, { attempt: 3 }));
    expect(await pager.carry(errand(bens, { now: at + 59_999 }))).toMatchObject({
      status: 'done',
      note: expect.stringContaining('(it answered 503)'),
    });
    expect(byEvent().map(([, sent]) => sent)).toEqual([`${key}/PANA`, `${key}/PBEN`]);
    expect(await pager.carry(errand(bens, { now: at + 60_000 }))).toMatchObject({ status: 'retry' });
    pagerduty.heal();
    await pager.carry(errand(bens, { now: at + 60_000 }));
    expect(pagerduty.deeds()).toMatchObject([{ names: ['Ben Okafor'] }]);
  });

  it('notices an incident that rings nobody, because it was opened in their own name', async () => {
    pagerduty.fail({ status: 503, path: '/users' });
    const outcome = await pagerAt(pagerduty.url, { from: 'ana@acme.example' }).carry(errand());
    expect(outcome).toMatchObject({ note: expect.stringContaining('PAGERDUTY_FROM has to be') });
    expect(pagerduty.alerts().map(({ state }) => state)).toEqual(['acknowledged', 'triggered']);
  });

  it.each([
    ['so many tries', { attempt: 4 }],
    ['a refusal that passed, and an event without an answer', { attempt: 2, mayHaveHappened: true }],
  ])(
    'keeps in mind that an event may have gone out, when the API takes the name after %s',
    async (_, tried) => {
      expect(await pagerAt(pagerduty.url).carry(errand({}, tried))).toMatchObject({
        status: 'done',
        receipt: { incident: 'PSANDBOX1', perhaps_event: `${key}/PANA` },
      });
    },
  );

  it('looks again after an answer that cannot be read: the incident may be there, and one ring is enough', async () => {
    const pager = pagerAt(pagerduty.url);
    pagerduty.fail({ status: 201, applied: true, path: 'POST /incidents' });
    expect(await pager.carry(errand())).toMatchObject({
      status: 'retry',
      why: 'PagerDuty: its answer could not be read',
      mayHaveHappened: true,
    });
    pagerduty.heal();
    await pager.carry(errand({}, { attempt: 2, mayHaveHappened: true }));
    expect(pagerduty.alerts().map((alert) => alert.called?.users)).toEqual([['PANA']]);
    expect(byEvent()).toEqual([]);
  });

  it('cuts what is too long only after its secrets are taken out: half of one would stay', async () => {
    // Without "live: ", as much as leaves five characters for what follows.
    await pagerAt(pagerduty.url).carry(errand({ details: { live: `${'x'.repeat(3_989)}${token}` } }));
    const details = String(pagerduty.alerts()[0]?.details['details']);
    expect([details.length, details.slice(-6)]).toEqual([4_000, 'x[secr']);
  });

  it.each([
    ['the token is not known', { token: 'u+another' }, /it answered 401: Unauthorized/],
    ['nobody has the address', { from: 'nobody@acme.example' }, /it answered 400: Requester User Not Found/],
    [
      'it would be in the name of whoever is called, whom PagerDuty would not ring',
      { from: 'ana@acme.example' },
      /PAGERDUTY_FROM has to be somebody else/,
    ],
    ['there is no token', 'none', /PAGERDUTY_API_TOKEN is not set/],
  ] as const)('sends an event at once when %s', async (_, access, why) => {
    const outcome = await pagerAt(pagerduty.url, access).carry(errand());
    expect(outcome).toMatchObject({ status: 'done', note: expect.stringMatching(why) });
    expect(byEvent()).toEqual([['trigger', `${key}/PANA`]]);
  });

  it('sends an event where somebody has silenced the incident there, and adding to it might ring nobody', async () => {
    const pager = pagerAt(pagerduty.url);
    await pager.carry(errand());
    await pagerduty.press({ id: 'PMAEVE', name: 'Maeve Quinn' }, 'acknowledge', key);
    const outcome = await pager.carry(errand(bens));
    expect(outcome).toMatchObject({ status: 'done', note: expect.stringContaining('is acknowledged there') });
    expect(byEvent()).toEqual([['trigger', `${key}/PBEN`]]);
  });

  it('has failed, with both reasons, when the event is refused as well', async () => {
    pagerduty.fail({ status: 400, error: 'no' });
    expect(await pagerAt(pagerduty.url).carry(errand())).toMatchObject({
      status: 'failed',
      why: expect.stringMatching(
        /refused the event \(400\).*Nor could it be told whom to call: it answered 400/,
      ),
    });
  });

  it('acknowledges such events, too, also while the API is away', async () => {
    const pager = pagerAt(pagerduty.url);
    pagerduty.fail({ status: 503, path: 'incidents' });
    await pager.carry(errand({}, { attempt: 3 }));
    const end = errand({ action: 'acknowledge' });
    expect(await pager.carry(end)).toMatchObject({ status: 'retry' });
    expect(pagerduty.alerts()).toMatchObject([{ dedupKey: `${key}/PANA`, state: 'acknowledged' }]);
  });
});
