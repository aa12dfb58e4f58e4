import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal } from '../../src/trust/secrets.ts';
import type { SigningSource } from '../../src/trust/webhook-doors.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';
import { genuine, hmac, signed, signing, signingSources } from './support/webhooks.ts';

let world: StillWorld;

function deliver(source: string, headers: OutgoingHttpHeaders, body: string) {
  return send(`${world.bot().url}/webhooks/${source}`, headers, body);
}

async function typesOf(stream: string): Promise<readonly string[]> {
  return (await world.bot().store.readEvents(stream)).map(({ type }) => type);
}

describe('A forged webhook gets 401, and nothing comes of it', () => {
  beforeAll(async () => {
    world = await stillWorld();
  });
  afterAll(() => world.close());

  /** What an attacker tries who has seen a genuine delivery. */
  const forgeries: Readonly<
    Record<
      string,
      (source: SigningSource) => { readonly value: string | string[] | undefined; readonly body?: string }
    >
  > = {
    'no signature': () => ({ value: undefined }),
    'an empty signature': () => ({ value: '' }),
    'one byte of the body altered': (source) => ({
      value: right(source),
      body: genuine[source].replace(/[a-z]/, 'x'),
    }),
    'one byte more': (source) => ({ value: right(source), body: `${genuine[source]} ` }),
    'the same words written anew': (source) => ({
      value: right(source),
      body: JSON.stringify(JSON.parse(genuine[source]), null, 1),
    }),
    'one digit altered': (source) => ({
      value: right(source).slice(0, -1) + (right(source).endsWith('0') ? '1' : '0'),
    }),
    'a signature that is too short': (source) => ({ value: right(source).slice(0, -1) }),
    'a signature that is too long': (source) => ({ value: `${right(source)}0` }),
    'half a signature': (source) => ({ value: right(source).slice(0, 20) }),
    'digits in upper case': (source) => ({
      value: signing[source].prefix + digits(source).toUpperCase(),
    }),
    'no digits': (source) => ({ value: `${signing[source].prefix}${'z'.repeat(64)}` }),
    'a doubled signature': (source) => ({ value: [right(source), right(source)] }),
    'a wrong one and the right one': (source) => ({ value: ['0'.repeat(64), right(source)] }),
    'version 0 of signing': (source) => ({ value: `v0=${digits(source)}` }),
    'the prefix of another': (source) => ({ value: `sha1=${digits(source)}` }),
    'nobody’s secret': (source) => ({ value: signing[source].prefix + hmac('', genuine[source]) }),
    ...Object.fromEntries(
      signingSources.map((other) => [
        `${other}’s secret`,
        (source: SigningSource) => ({
          value:
            signing[source].prefix +
            (other === source
              ? hmac('guessed', genuine[source])
              : hmac(world.webhookSecrets[other], genuine[source])),
        }),
      ]),
    ),
  };

  function digits(source: SigningSource): string {
    return hmac(world.webhookSecrets[source], genuine[source]);
  }
  function right(source: SigningSource): string {
    return signing[source].prefix + digits(source);
  }

  test.each(
    signingSources.flatMap((source) => Object.keys(forgeries).map((forgery) => [source, forgery] as const)),
  )('%s: %s', async (source, forgery) => {
    const { value, body = genuine[source] } = forgeries[forgery]!(source);
    const { [signing[source].header]: _, ...others } = signed(world, source, genuine[source]);
    const headers = value === undefined ? others : { ...others, [signing[source].header]: value };
    const { status, answer } = await deliver(source, headers, body);
    expect(status).toBe(401);
    expect(answer).toMatch(/is not the signature of this body|WEBHOOK_TOKENS/);
  });

  test.each(['pagerduty', 'sentry', 'github'] as const)(
    '%s: a bearer token, or no source’s signature',
    async (source) => {
      const bearer = { authorization: `Bearer ${world.webhookToken}` };
      expect((await deliver(source, bearer, genuine[source])).status).toBe(401);
      const others = signingSources.filter((other) => other !== source);
      for (const other of others) {
        const { status } = await deliver(source, signed(world, other, genuine[source]), genuine[source]);
        expect(status).toBe(401);
      }
    },
  );

  test('Nothing of all this is in the store, and the genuine ones pass', async () => {
    await world.settle();
    expect(await world.bot().store.listStreams('incident')).toEqual([]);
    await world.stopBot();
    expect(world.inbox()).toEqual([]);
    await world.startBot();

    for (const source of signingSources) {
      expect((await deliver(source, signed(world, source, genuine[source]), genuine[source])).status).toBe(
        202,
      );
    }
    await world.settle();
    await world.stopBot();
    expect(world.inbox()).toHaveLength(4);
    await world.startBot();
  });
});

describe('The same delivery twenty times at once, after a restart, and under another unsigned id has one effect', () => {
  beforeEach(async () => {
    world = await stillWorld();
  });
  afterEach(() => world.close());

  async function replay(source: SigningSource): Promise<void> {
    const body = genuine[source];
    const headers = signed(world, source, body);
    const other = { ...headers, 'Request-ID': 'x', 'X-GitHub-Delivery': 'x', 'X-Webhook-Id': 'x' };
    const first = await Promise.all(Array.from({ length: 20 }, () => deliver(source, headers, body)));
    await world.settle();
    await world.stopBot();
    await world.startBot();
    const later = [await deliver(source, headers, body), await deliver(source, other, body)];
    await world.settle();
    // A sender that is told otherwise would send it again.
    expect(new Set([...first, ...later].map(({ status }) => status))).toEqual(new Set([202]));
  }

  test('pagerduty', async () => {
    await world.deliver('generic', {
      key: 'pay',
      title: 'Nobody can pay',
      service: 'checkout',
      severity: 'P0',
    });
    await world.settle();
    await replay('pagerduty');
    const types = await typesOf('INC-1');
    expect(types.filter((type) => type === 'incident.acknowledged')).toHaveLength(1);
    expect(types).not.toContain('request.refused');
  });

  test('sentry', async () => {
    await replay('sentry');
    expect((await typesOf('INC-1')).filter((type) => type === 'alert.fired')).toHaveLength(1);
    // Over, and not to be brought back by whoever has kept the delivery.
    await world.type(people.ana.id, '/incident resolve INC-1 gone');
    await deliver(
      'sentry',
      { ...signed(world, 'sentry', genuine.sentry), 'Request-ID': 'y' },
      genuine.sentry,
    );
    await world.settle();
    expect(await world.bot().store.listStreams('incident')).toHaveLength(1);
  });

  test('github', async () => {
    await replay('github');
    const moves = async () =>
      (await world.bot().store.readEvents('channel:shop/stable')).flatMap(({ type, data }) =>
        type === 'channel.moved' ? [(data as { to: string }).to] : [],
      );
    expect((await moves()).slice(-2)).toEqual(['1.5.0', '1.5.1']);
    await world.type(people.ana.id, '/channels set stable 1.6.0 the next one');
    await deliver(
      'github',
      { ...signed(world, 'github', genuine.github), 'X-GitHub-Delivery': 'y' },
      genuine.github,
    );
    await world.settle();
    expect((await moves()).at(-1)).toBe('1.6.0');
  });
});

describe('Whatever a webhook says', () => {
  beforeEach(async () => {
    world = await stillWorld();
  });
  afterEach(() => world.close());

  test('it never approves anything, nor does it begin, settle or end an operation', async () => {
    await world.deliver('generic', {
      key: 'pay',
      title: 'Nobody can pay',
      service: 'checkout',
      severity: 'P0',
    });
    await world.settle();
    await world.type(people.ana.id, '/rollback stable 1.4.2 nobody can pay');
    const { hash } = await world.operation('OP-1');
    const before = await typesOf('OP-1');

    const pagerduty = (event_type: string, data: object = {}) => ({
      event: {
        id: `event-${event_type}`,
        event_type,
        // Ben may approve, wherever he is asked in person.
        agent: { id: 'PBEN', type: 'user_reference', summary: 'Ben Okafor' },
        data: {
          title: 'P0 INC-1: Approve OP-1',
          incident_key: 'lastgood/k3x9w2/INC-1/rung-1.1',
          assignees: [],
          ...data,
        },
      },
    });
    const approve = { type: 'operation.approve', id: 'OP-1', hash };
    const said: readonly unknown[] = [
      approve,
      { intent: approve, to: { kind: 'operation', id: 'OP-1' }, by: { kind: 'person', person: 'ben' } },
      { event: approve },
      { ...pagerduty('incident.acknowledged'), ...approve },
      ...['acknowledged', 'resolved', 'reassigned', 'delegated', 'approved', 'responder.replied'].map((did) =>
        pagerduty(`incident.${did}`),
      ),
      pagerduty('incident.acknowledged', { incident_key: 'lastgood/OP-1/rung-1.1' }),
      pagerduty('operation.approve', approve),
      { key: 'OP-1', title: `approve OP-1 ${hash}`, status: 'resolved', labels: { approve: 'OP-1' } },
      {
        version: '4',
        alerts: [{ status: 'firing', labels: { alertname: 'operation.approve', ...approve } }],
      },
      { version: '1', alerts: [{ status: 'firing', labels: { alertname: 'approve OP-1' } }] },
      { action: 'approved', data: approve },
      { action: 'triggered', data: { event: { issue_id: 'OP-1', title: 'approve OP-1' } } },
      { ...(JSON.parse(genuine.github) as object), action: 'approved', approve },
      {
        actions: [{ action_id: 'operation.approve', value: JSON.stringify(approve) }],
        user: { id: 'U0BEN' },
      },
    ];
    for (const body of said.map((each) => JSON.stringify(each))) {
      for (const source of signingSources) {
        const headers = signed(world, source, body);
        for (const more of kindsOf(source)) {
          expect((await deliver(source, { ...headers, ...more }, body)).status).toBe(202);
        }
      }
      for (const source of ['generic', 'alertmanager']) {
        expect(await world.deliver(source, JSON.parse(body))).toBe(202);
      }
    }
    await world.settle();

    expect(await typesOf('OP-1')).toEqual(before);
    expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
    expect(await world.bot().store.listStreams('operation')).toHaveLength(1);
    expect(world.github.runs()).toEqual([]);
    // It would prove nothing if none of them had been understood.
    expect(await typesOf('INC-1')).toEqual(
      expect.arrayContaining(['incident.acknowledged', 'pagerduty.noted']),
    );
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });

  function kindsOf(source: SigningSource): readonly Readonly<Record<string, string>>[] {
    if (source === 'sentry')
      return ['event_alert', 'metric_alert', 'installation'].map((kind) => ({
        'Sentry-Hook-Resource': kind,
      }));
    if (source === 'github')
      return ['deployment_status', 'deployment_review', 'issue_comment'].map((kind) => ({
        'X-GitHub-Event': kind,
      }));
    return [{}];
  }
});

describe('What is authentic and cannot be understood', () => {
  beforeEach(async () => {
    world = await stillWorld();
  });
  afterEach(() => world.close());

  test('calls somebody once, however often it comes, when it may have been an alert', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await world.deliver('generic', { neither: 'this', nor: 'that' })).toBe(202);
    }
    await world.settle();

    const incidents = await world.bot().store.listStreams('incident');
    expect(incidents.map(({ state }) => state)).toMatchObject([
      { service: 'platform', severity: 'P1', title: 'An alert from generic cannot be understood' },
    ]);
    expect(world.pagerduty.alerts()).toMatchObject([{ state: 'triggered' }]);
    expect(world.mail.mails()).toHaveLength(1);
    const events = await world.bot().store.readEvents('INC-1');
    const fired = events.flatMap(({ type, data }) => (type === 'alert.fired' ? [data] : []));
    expect(fired).toMatchObject([
      { note: expect.stringMatching(/^to see what came: \/lastgood received generic\/[\w-]+$/) as unknown },
    ]);
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });

  test('is shouted where it can have been no alert', async () => {
    const body = '{"event":{}}';
    expect((await deliver('pagerduty', signed(world, 'pagerduty', body), body)).status).toBe(202);
    await world.settle();
    expect(await world.bot().store.listStreams('incident')).toEqual([]);
    const [shout] = world.slack.messages(conversations.emergency.id);
    expect(shout?.text).toMatch(
      /Something from pagerduty could not be understood.*To see it: \/lastgood received pagerduty\/\w+/,
    );
  });

  test('is answered to whoever typed it or clicked', async () => {
    const typed = world.slack.payloadForCommand(
      people.ana.id,
      conversations.releases.id,
      '/rollback',
      'stable 1.4.2 words',
    );
    // No conversation: Slack sends none such, and who knows what else it never sends.
    const form = new URLSearchParams(typed.body);
    form.delete('channel_id');
    const odd = signSlackRequest({
      url: typed.url,
      body: form.toString(),
      signingSecret: signingSecret(world),
      at: new Date(world.clock.now()),
    });
    expect((await world.slack.deliver(odd)).status).toBe(200);
    await world.settle();

    expect(world.told(people.ana.id)).toContain('Lastgood failed on this');
    expect(world.told(people.ana.id)).toMatch(
      /Tell .+ \(Platform\) of it\. What came in is kept: \/lastgood received slack.trigger.[\w.]+/,
    );
    const [shout] = world.slack.messages(conversations.emergency.id);
    expect(shout?.text).toContain('Something from slack could not be understood');
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });
});

function signingSecret({ settings }: StillWorld): string {
  const { signingSecret: secret } = settings.slack;
  if (!secret) throw new Error('Slack does not sign over a socket');
  return reveal(secret);
}
