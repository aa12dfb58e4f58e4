import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/core/answer.ts';
import { githubWorkflowExecutor } from '../../src/executors/github-workflow.ts';
import { healthExecutor } from '../../src/executors/health.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { sentryReleaseExecutor } from '../../src/executors/sentry-release.ts';
import { pagerdutyIncidents } from '../../src/pagers/pagerduty-incidents.ts';
import { pagerdutyPager } from '../../src/pagers/pagerduty.ts';
import { replyCarrier } from '../../src/slack/carriers/reply.ts';
import { slackClients } from '../../src/slack/clients.ts';
import { secret } from '../../src/trust/secrets.ts';
import { soon } from '../contract/executor.ts';
import { startFront } from '../doctor/front.ts';
import { openWard } from '../doctor/ward.ts';
import { stepRun } from '../executors/runs.ts';
import { watchConnections } from './support/connections.ts';
import { startTrap } from './support/trap.ts';

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
      const pager = pagerdutyPager({
        routingKey: token,
        eventsUrl: url,
        cardUrl: () => undefined,
        secrets: [],
      });
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
    'PagerDuty’s REST API': (url) => {
      const incidents = pagerdutyIncidents({ token, from: 'lastgood@acme.example', url, secrets: [] });
      const page = { key: 'k', service: 'PSHOP', user: 'PANA', title: 's', details: '', words: '' };
      return [() => incidents.call(page, soon()), () => incidents.end('resolved', page, soon())];
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
