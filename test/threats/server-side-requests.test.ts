import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer } from '../../src/core/answer.ts';
import { githubWorkflowExecutor } from '../../src/executors/github-workflow.ts';
import { healthExecutor } from '../../src/executors/health.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { sentryReleaseExecutor } from '../../src/executors/sentry-release.ts';
import { pagerdutyPager } from '../../src/pagers/pagerduty.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest, type SignedRequest } from '../../src/sandbox/neighbours/slack.ts';
import { replyCarrier } from '../../src/slack/carriers/reply.ts';
import { slackClients } from '../../src/slack/clients.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { soon } from '../contract/executor.ts';
import { startFront } from '../doctor/front.ts';
import { openWard } from '../doctor/ward.ts';
import { stepRun } from '../executors/runs.ts';
import { canaryBody, report } from '../support/story-reports.ts';
import { watchConnections } from './support/connections.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';
import { signed } from './support/webhooks.ts';

/** Somebody's machine, which must hear nothing. */
interface Trap {
  readonly port: number;
  readonly heard: () => readonly string[];
  readonly close: () => void;
}

async function startTrap(): Promise<Trap> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Spellings of the trap's address, and of places that are worth reaching from inside. */
const addressesOf = (port: number, slack: string): readonly string[] => [
  `http://127.0.0.1:${port}/x`,
  `http://localhost:${port}/x`,
  `http://[::ffff:127.0.0.1]:${port}/x`,
  `http://[::ffff:7f00:1]:${port}/x`,
  `http://2130706433:${port}/x`,
  `http://0x7f000001:${port}/x`,
  `http://0177.0.0.1:${port}/x`,
  `http://127.1:${port}/x`,
  `http://${slack}@127.0.0.1:${port}/x`,
  `http://hooks.slack.com@127.0.0.1:${port}/x`,
  `http://127.0.0.1:${port}#@${slack}/x`,
  `http://127.0.0.1:${port}\\@${slack}/x`,
  `http:127.0.0.1:${port}/x`,
  `//127.0.0.1:${port}/x`,
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'https://hooks.slack.com@rebound.example/x',
  'https://hooks.slack.com.rebound.example/x',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
];

describe('No address out of a payload is ever asked:', () => {
  let world: StillWorld;
  let trap: Trap;
  let hostile: readonly string[];
  beforeAll(async () => {
    world = await stillWorld();
    trap = await startTrap();
    hostile = addressesOf(trap.port, new URL(world.slack.url).host);
  });
  afterAll(async () => {
    trap.close();
    await world.close();
  });

  /** Whom the bot may talk to, and we to the bot. */
  const neighbours = (): readonly string[] =>
    [world.bot(), world.slack, world.github, world.sentry, world.pagerduty, world.shop]
      .map(({ url }) => new URL(url).host)
      .concat(new URL(reveal(world.settings.mail!.smtpUrl)).host);

  /** Runs it, and says where else connections went meanwhile. */
  async function strangersWhile(work: () => Promise<unknown>): Promise<readonly string[]> {
    const connections = watchConnections();
    try {
      await work();
      await world.settle();
      await world.pass(60_000);
      return connections.seen().filter((host) => !neighbours().includes(host));
    } finally {
      connections.close();
    }
  }

  test('the watch sees what goes to strangers, whatever the spelling', async () => {
    const strangers = await strangersWhile(async () => {
      for (const url of hostile.slice(0, 4)) await fetch(url).catch(() => undefined);
    });
    expect(strangers).toContain(`127.0.0.1:${trap.port}`);
    expect(trap.heard()).toContain('GET /x');
  });

  test('not the response_url of a command or a click', async () => {
    /** The same request from another moment, with another address for the answer. */
    const changed = ({ url, body }: SignedRequest, id: string, address: string): SignedRequest => {
      const form = new URLSearchParams(body);
      const said = { trigger_id: id, response_url: address };
      const payload = form.get('payload');
      if (payload === null) for (const [name, value] of Object.entries(said)) form.set(name, value);
      else form.set('payload', JSON.stringify({ ...(JSON.parse(payload) as object), ...said }));
      const signingSecret = reveal(world.settings.slack.signingSecret!);
      return signSlackRequest({
        url,
        body: form.toString(),
        signingSecret,
        at: new Date(world.clock.now()),
      });
    };
    const before = trap.heard().length;
    const { dana } = people;
    const releases = conversations.releases.id;
    await world.type(people.ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const typed = world.slack.payloadForCommand(dana.id, releases, '/incident', 'list');
    const pressed = world.slack.payloadForClick(dana.id, releases, world.cards()[0]!.ts, 'operation.abort');
    // What cannot be read is answered, too, and that by another way.
    const odd = { ...typed, body: typed.body.replace('channel_id=', 'no_channel=') };

    const strangers = await strangersWhile(async () => {
      for (const [n, address] of hostile.entries()) {
        for (const [kind, request] of Object.entries({ typed, pressed, odd })) {
          const { url, headers, body } = changed(request, `${kind}-${n}`, address);
          expect((await send(url, headers, body)).status).toBe(200);
        }
      }
    });

    expect(strangers).toEqual([]);
    expect(trap.heard().slice(before)).toEqual([]);
    expect(world.slack.ephemerals(dana.id)).toEqual([]);
    // What they asked for was done all the same, and what could not be read is kept.
    expect((await world.operation('OP-1')).status).toBe('withdrawn');
    expect(world.log()).toContain('could not be read; it is in quarantine');
  });

  test('no link of an alert, a webhook, a deployment or a canary report', async () => {
    const before = trap.heard().length;
    const strangers = await strangersWhile(async () => {
      for (const [n, url] of hostile.entries()) {
        const links = {
          url,
          link: url,
          externalURL: url,
          generatorURL: url,
          silenceURL: url,
          dashboardURL: url,
          panelURL: url,
          imageURL: url,
        };
        await world.deliver('generic', {
          key: `k${n}`,
          title: 'T',
          service: 'checkout',
          severity: 'P1',
          url,
          labels: links,
        });
        const alert = {
          status: 'firing',
          labels: { alertname: `A${n}` },
          annotations: { runbook_url: url, summary: `see ${url}` },
          fingerprint: `f${n}`,
          ...links,
        };
        await world.deliver('alertmanager', { version: '4', externalURL: url, alerts: [alert] });
        await world.deliver('grafana', { version: '1', externalURL: url, alerts: [alert] });
        await sign(
          'sentry',
          {
            action: 'triggered',
            data: { event: { issue_id: `i${n}`, title: 'S', url, web_url: url, issue_url: url } },
          },
          { 'Sentry-Hook-Resource': 'event_alert' },
        );
        await sign('github', {
          deployment_status: {
            id: n + 1,
            state: 'success',
            environment: 'canary',
            log_url: url,
            target_url: url,
            environment_url: url,
            url,
          },
          deployment: { ref: `v1.7.${n}`, environment: 'canary', payload: {}, statuses_url: url },
          repository: { full_name: 'shop/storefront', url, html_url: url },
        });
        await sign('pagerduty', {
          event: {
            event_type: 'incident.acknowledged',
            agent: { id: 'PANA', type: 'user_reference', html_url: url, self: url },
            data: { title: 'x', incident_key: 'lastgood/INC-1/rung-1.1', html_url: url, self: url },
          },
        });
        await report(world, 'deployments', { channel: 'canary', version: `1.8.${n}`, url });
        await report(
          world,
          'canary',
          canaryBody(world.clock.now(), { version: `1.8.${n}`, error_rate: 0.2, url }),
        );
      }
    });
    expect(strangers).toEqual([]);
    expect(trap.heard().slice(before)).toEqual([]);
    // They did arrive, and were acted on.
    expect((await world.bot().store.listStreams('incident')).length).toBeGreaterThan(0);
    expect(JSON.stringify(world.slack.messages(conversations.releases.id))).toContain(`:${trap.port}/x`);
  });

  async function sign(
    source: 'sentry' | 'github' | 'pagerduty',
    body: object,
    more: Record<string, string> = {},
  ): Promise<void> {
    const text = JSON.stringify(body);
    const { status } = await send(
      `${world.bot().url}/webhooks/${source}`,
      { ...signed(world, source, text), ...more },
      text,
    );
    expect(status).toBe(202);
  }
});

describe('A redirect is not followed, whoever answers it:', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const token = secret('a-token-that-must-not-travel');
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const now = () => Date.parse('2026-11-22T03:00:00Z');
  const errand = {
    id: 'INC-1/1.0',
    stream: 'INC-1',
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    state: undefined,
    now: now(),
  };
  const workflow = stepRun({ repo: 'acme/shop', workflow: 'rollback.yml', ref: 'main' });

  /** Everything of ours that asks somebody over HTTP. */
  const asks: Readonly<Record<string, (url: string) => readonly (() => Promise<unknown>)[]>> = {
    'Slack, to whom answers go': (url) => {
      const { interaction } = slackClients({ token, apiUrl: `${url}/api/`, timeout: 2_000, log: quiet });
      const carrier = replyCarrier({
        client: interaction,
        nameOf: (id) => id,
        apiUrl: `${url}/api/`,
        timeout: 2_000,
      });
      const effect = {
        type: 'slack.reply',
        reply: { url: `${url}/response/1` },
        answer: answer('info', 'x'),
      } as const;
      return [() => carrier.carry({ ...errand, effect, signal: soon() })];
    },
    'Slack’s Web API': (url) => {
      const { interaction } = slackClients({ token, apiUrl: `${url}/api/`, timeout: 2_000, log: quiet });
      return [
        () => interaction.users.info({ user: 'U0ANA' }),
        () => interaction.chat.postMessage({ channel: 'C0', text: 'x' }),
      ];
    },
    PagerDuty: (url) => {
      const pager = pagerdutyPager({ routingKey: token, eventsUrl: url, secrets: [] });
      const effect = {
        type: 'page.pagerduty',
        action: 'trigger',
        dedupKey: 'k',
        severity: 'P0',
        summary: 's',
        service: 'checkout',
        person: undefined,
      } as const;
      return [() => pager.carry({ ...errand, effect, signal: soon() })];
    },
    GitHub: (url) => {
      const executor = githubWorkflowExecutor({ token, apiUrl: url, now });
      return [
        () => executor.start(workflow, soon()),
        () => executor.check(workflow, undefined, soon()),
        () => executor.check(workflow, { run_id: '1' }, soon()),
        () => executor.cancel!(workflow, { run_id: '1' }, soon()),
      ];
    },
    'GitHub, before it lets an app in': (url) => {
      const executor = githubWorkflowExecutor({
        app: { id: '1', privateKey: secret(privateKey) },
        apiUrl: url,
        now,
      });
      return [() => executor.start(workflow, soon())];
    },
    Sentry: (url) => {
      const run = stepRun({ archive: '1.5.0', deploy: '1.4.2', environment: 'production' });
      const executor = sentryReleaseExecutor({ token, url, organization: 'shop' });
      return [() => executor.start(run, soon()), () => executor.check(run, undefined, soon())];
    },
    'a health endpoint': (url) => {
      const endpoints = [{ url: `${url}/healthz`, expect: ['liveness=ok'] }];
      const run = stepRun({ endpoints, until_stable: 1, every: '1s', within: '1m' });
      return [() => healthExecutor({ now }).start(run, soon())];
    },
    'a deploy tool': (url) => {
      const check = { url: `${url}/deploys/{{correlation|url}}`, every: '1s', done: { state: 'OP-7.1' } };
      const run = stepRun({
        url: `${url}/deploy`,
        header_env: { Authorization: 'Bearer DEPLOY_TOKEN' },
        check,
        cancel: { url: `${url}/cancel` },
      });
      const executor = httpExecutor({ environment: { DEPLOY_TOKEN: 'a-token-that-must-not-travel' } });
      return [
        () => executor.start(run, soon()),
        () => executor.check(run, { answered: '202' }, soon()),
        () => executor.cancel!(run, { answered: '202' }, soon()),
      ];
    },
  };

  test.each(Object.keys(asks))('%s', async (who) => {
    const trap = await startTrap();
    const front = await startFront('http://127.0.0.1:1');
    const connections = watchConnections();
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        for (const location of [
          `http://127.0.0.1:${trap.port}/stolen`,
          'http://169.254.169.254/latest/meta-data',
        ]) {
          const headers = { location, 'content-type': 'application/json' };
          front.misanswers = [{ path: /./, status, body: '{}', headers }];
          // What they make of it is for their own tests; here it counts where they went.
          for (const ask of asks[who]?.(front.url) ?? []) await ask().catch(() => undefined);
        }
      }
      expect(connections.seen()).toEqual([new URL(front.url).host]);
      expect(trap.heard()).toEqual([]);
    } finally {
      connections.close();
      front.close();
      trap.close();
    }
  });

  test('any neighbour, to the doctor', async () => {
    const trap = await startTrap();
    const ward = await openWard();
    try {
      const headers = { location: `http://127.0.0.1:${trap.port}/stolen` };
      const away = [{ path: /./, status: 307, body: '', headers }];
      const findings = await ward.call({
        answers: { slack: away, github: away, sentry: away, pagerduty: away, shop: away },
      });
      expect(findings.filter(({ status }) => status !== 'ok').length).toBeGreaterThan(4);
      expect(trap.heard()).toEqual([]);
    } finally {
      trap.close();
      await ward.close();
    }
  });
});

test('Addresses that GitHub’s answers name are shown, and never asked', async () => {
  const trap = await startTrap();
  const link = `http://127.0.0.1:${trap.port}/stolen`;
  const run = {
    id: 7,
    event: 'workflow_dispatch',
    created_at: '2026-11-22T03:00:01Z',
    status: 'in_progress',
    conclusion: null,
    name: 'OP-7.1',
    display_title: 'OP-7.1',
    ...Object.fromEntries(
      ['html_url', 'url', 'jobs_url', 'logs_url', 'cancel_url', 'artifacts_url', 'workflow_url'].map(
        (name) => [name, link],
      ),
    ),
  };
  const answers = { ...run, workflow_run_id: 7, run_url: link, total_count: 1000, workflow_runs: [run] };
  const front = await startFront('http://127.0.0.1:1');
  const headers = {
    'content-type': 'application/json',
    location: link,
    link: `<${link}>; rel="next", <${link}>; rel="last"`,
  };
  front.misanswers = [{ path: /./, status: 200, body: answers, headers }];
  const connections = watchConnections();
  try {
    const executor = githubWorkflowExecutor({
      token: secret('x'),
      apiUrl: front.url,
      now: () => Date.parse('2026-11-22T03:00:00Z'),
    });
    const step = stepRun({ repo: 'acme/shop', workflow: 'rollback.yml', ref: 'main' });
    const started = await executor.start(step, soon());
    expect(started).toMatchObject({ status: 'running', handle: { run_id: '7', url: link } });
    expect(await executor.check(step, undefined, soon())).toMatchObject({ status: 'running' });
    expect(await executor.check(step, { run_id: '7', url: link }, soon())).toMatchObject({
      status: 'running',
    });
    await executor.cancel!(step, { run_id: '7', url: link }, soon()).catch(() => undefined);
    expect(connections.seen()).toEqual([new URL(front.url).host]);
    expect(trap.heard()).toEqual([]);
  } finally {
    connections.close();
    front.close();
    trap.close();
  }
});
