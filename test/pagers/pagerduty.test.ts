import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EffectOf, Errand } from '../../src/core/effect.ts';
import { pagerdutyPager } from '../../src/pagers/pagerduty.ts';
import { startPagerduty, type Pagerduty } from '../../src/sandbox/neighbours/pagerduty.ts';
import { secret } from '../../src/trust/secrets.ts';
import { pagerContract } from '../contract/pager.ts';

const routingKey = 'R0UT1NGKEYcanary0123456789abcdef';
const at = Date.parse('2026-11-22T03:00:00Z');

function errand(change: Partial<EffectOf<'page.pagerduty'>> = {}): Errand<'page.pagerduty'> {
  return {
    id: 'INC-12/5.0',
    stream: 'INC-12',
    effect: {
      type: 'page.pagerduty',
      action: 'trigger',
      dedupKey: 'INC-12/rung-1',
      severity: 'P0',
      summary: 'P0 on shop/stable: checkout answers 500',
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
  };
}

const pagerAt = (eventsUrl: string) =>
  pagerdutyPager({
    routingKey: secret(routingKey),
    eventsUrl,
    cardUrl: (stream, state) =>
      state === 'posted' ? `https://acme.slack.com/archives/C0/p1?${stream}` : undefined,
    secrets: [secret(routingKey)],
  });

async function open() {
  const pagerduty = await startPagerduty({ now: () => new Date(at), routingKeys: [routingKey] });
  return { pagerduty, pager: pagerAt(pagerduty.url) };
}

pagerContract(async () => {
  const { pagerduty, pager } = await open();
  return {
    pager,
    errand: errand(),
    secret: routingKey,
    arrived: () =>
      pagerduty
        .log()
        .filter(({ status }) => status === 202)
        .map(({ body }) => String(body['dedup_key'])),
    fail: (how) => {
      const failures = {
        refuse: { status: 400, error: `no integration has the key ${routingKey}` },
        break: { status: 500 },
        'slow-down': { status: 429 },
        hang: { hang: true },
        lose: { status: 502, applied: true },
      };
      pagerduty.fail(failures[how]);
    },
    heal: pagerduty.heal,
    close: () => pagerduty.close(),
  };
});

describe('a page through PagerDuty', () => {
  let pagerduty: Pagerduty;
  let pager: ReturnType<typeof pagerAt>;
  beforeEach(async () => {
    ({ pagerduty, pager } = await open());
  });
  afterEach(() => pagerduty.close());

  it('triggers an alert that says what is wrong, how bad, and who is paged', async () => {
    expect(await pager.carry(errand())).toEqual({ status: 'done', receipt: { dedup_key: 'INC-12/rung-1' } });
    expect(pagerduty.alerts()).toMatchObject([
      {
        dedupKey: 'INC-12/rung-1',
        state: 'triggered',
        summary: 'P0 on shop/stable: checkout answers 500',
        source: 'checkout',
        severity: 'critical',
        details: { stream: 'INC-12', severity: 'P0', person: 'ana' },
      },
    ]);
  });

  it.each([
    ['P0', 'critical'],
    ['P1', 'error'],
    ['P2', 'warning'],
    ['P3', 'info'],
  ] as const)('says %s as %s', async (severity, expected) => {
    await pager.carry(errand({ severity }));
    expect(pagerduty.alerts()[0]?.severity).toBe(expected);
  });

  it('acknowledges and resolves the alert that it triggered', async () => {
    await pager.carry(errand());
    await pager.carry(errand({ action: 'acknowledge', person: undefined }));
    expect(pagerduty.alerts()[0]?.state).toBe('acknowledged');
    await pager.carry(errand({ action: 'resolve', person: undefined }));
    expect(pagerduty.alerts().map(({ state }) => state)).toEqual(['resolved']);
  });

  it('says what may have done it and what to type, and leads to the alert and to the card', async () => {
    const page = errand({
      details: { live: '1.5.0, for 12m', to_go_back: '/rollback stable 1.4.2 <reason>' },
      links: [{ label: 'Alert in Grafana', url: 'https://grafana.example/d/1' }],
    });
    await pager.carry({ ...page, state: 'posted' });
    expect(pagerduty.log()[0]?.body).toMatchObject({
      client: 'Slack',
      client_url: 'https://acme.slack.com/archives/C0/p1?INC-12',
      links: [{ href: 'https://grafana.example/d/1', text: 'Alert in Grafana' }],
      payload: {
        custom_details: {
          stream: 'INC-12',
          live: '1.5.0, for 12m',
          to_go_back: '/rollback stable 1.4.2 <reason>',
        },
      },
    });
  });

  it('goes out without the card where nobody knows yet where that is', async () => {
    expect(await pager.carry(errand())).toMatchObject({ status: 'done' });
    expect(Object.keys(pagerduty.log()[0]?.body ?? {})).not.toContain('client_url');
  });

  it('lets no secret into what it says and links to', async () => {
    const details = { live: `1.5.0 ${routingKey}` };
    const links = [{ label: routingKey, url: `https://grafana.example/?key=${routingKey}` }];
    await pager.carry(errand({ details, links }));
    const { routing_key: _ours, ...body } = pagerduty.log()[0]?.body ?? {};
    expect(JSON.stringify(body)).toContain('https://grafana.example/?key=[secret]');
    expect(JSON.stringify(body)).not.toContain(routingKey);
  });

  it('cuts the summary to what PagerDuty takes, in one line and without secrets', async () => {
    await pager.carry(errand({ summary: `down\r\n${routingKey} ${'é'.repeat(2_000)}` }));
    const summary = pagerduty.alerts()[0]?.summary ?? '';
    expect(summary).toHaveLength(1024);
    expect(summary).toMatch(/^down \[secret\] é+…$/);
  });

  it('asks once after a 429, where pdjs by itself would ask four times in a minute', async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.writeHead(429, { 'content-type': 'application/json' }).end('{"status":"throttle exceeded"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const outcome = await pagerAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).carry(
      errand(),
    );
    server.close();
    expect(outcome).toEqual({
      status: 'retry',
      why: 'PagerDuty asks us to slow down (429).',
      mayHaveHappened: false,
    });
    expect(asked).toBe(1);
  });

  it('fails with the reasons of PagerDuty', async () => {
    expect(await pager.carry(errand({ service: '' }))).toEqual({
      status: 'failed',
      why: "PagerDuty refused the event (400): Event object is invalid: 'payload.source' is missing or blank",
    });
  });

  it('takes nothing but 202 for a page', async () => {
    pagerduty.fail({ status: 200 });
    expect(await pager.carry(errand())).toMatchObject({ status: 'failed' });
  });

  it('speaks TLS to an https address', async () => {
    const overTls = pagerAt(pagerduty.url.replace('http:', 'https:'));
    expect(await overTls.carry(errand())).toMatchObject({
      status: 'retry',
      why: expect.stringMatching(/SSL|TLS/i),
    });
    expect(pagerduty.log()).toEqual([]);
  });
});
