import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openRegistry, registryFile, registryKeys } from '../../src/bot/registry.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { registeredVersion, writeRegistry } from '../../src/core/channel/registry.ts';
import { policyNames } from '../../src/core/policies/policies.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { policiesFolder, smallTeam } from '../policies/small-team.ts';
import { policies, storeId } from '../support/given.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';
import { signed } from './support/webhooks.ts';
import { memoryRows } from '../support/document-rows.ts';

/** What every object inherits, and what would be called if it were there. */
const inherited = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'toJSON',
  'then',
] as const;

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const namesOf = () => prototypes.map((prototype) => Object.getOwnPropertyNames(prototype));
const before = namesOf();

afterEach(expectUnpolluted);

function expectUnpolluted(): void {
  expect(namesOf()).toEqual(before);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

/** JSON that says things of prototypes, beside what a body has to say. JSON.parse makes own keys of all of them. */
const corpus: Readonly<Record<string, string>> = {
  __proto__: '"__proto__":{"polluted":true}',
  '__proto__ as a list': '"__proto__":[{"polluted":true}]',
  'constructor.prototype': '"constructor":{"prototype":{"polluted":true}}',
  nested: '"labels":{"__proto__":{"polluted":true}},"data":{"constructor":{"prototype":{"polluted":true}}}',
  'a key twice': '"labels":{"a":"1"},"labels":{"__proto__":"x","constructor":"y"}',
  'lists as objects': '"tags":["__proto__"],"annotations":[["__proto__",{"polluted":true}]]',
  'dotted names':
    '"__proto__.polluted":true,"constructor.prototype.polluted":true,"a[__proto__][polluted]":1',
};

describe('In the whole product', () => {
  let world: StillWorld;
  beforeAll(async () => {
    world = await stillWorld();
  });
  afterAll(() => world.close());

  const errors = () => world.log().match(/"level":"error"[^\n]*/g) ?? [];
  const api = (path: string, body: string, headers: Record<string, string> = {}) =>
    send(
      `${world.bot().url}${path}`,
      { authorization: `Bearer ${apiTokens.ana}`, 'content-type': 'application/json', ...headers },
      body,
    );
  const alert = (source: string, body: string) =>
    send(`${world.bot().url}/webhooks/${source}`, { authorization: `Bearer ${world.webhookToken}` }, body);
  const firing = async () =>
    (await world.bot().store.listStreams('incident', { openOnly: true })).flatMap(({ state }) =>
      Object.keys((state as Incident).firing),
    );

  describe.each(Object.entries(corpus))('%s', (_, words) => {
    test('beside a genuine alert of any source: it is an alert', async () => {
      const bodies = {
        generic: `{${words},"key":"g","title":"G"}`,
        alertmanager: `{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A"},"fingerprint":"a"}],${words}}`,
        grafana: `{"version":"1","alerts":[{"status":"firing","labels":{"alertname":"A"},"fingerprint":"a"}],${words}}`,
      };
      for (const [source, body] of Object.entries(bodies))
        expect((await alert(source, body)).status).toBe(202);
      const sentry = `{${words},"action":"triggered","data":{"event":{${words},"issue_id":"1","title":"S"}}}`;
      const headers = { ...signed(world, 'sentry', sentry), 'Sentry-Hook-Resource': 'event_alert' };
      expect((await send(`${world.bot().url}/webhooks/sentry`, headers, sentry)).status).toBe(202);
      await world.settle();
      expect(await firing()).toEqual(
        expect.arrayContaining(['alertmanager:a', 'grafana:a', 'sentry:issue-1']),
      );
    });

    test('beside a genuine report or command: refused, by its name', async () => {
      for (const [path, body] of [
        ['/api/v1/deployments', '"channel":"canary","version":"9.9.9"'],
        ['/api/v1/commands/channels-set', '"channel":"canary","version":"9.9.9","reason":"x"'],
      ] as const) {
        expect((await api(path, `{${words},${body}}`)).status).toBe(400);
        expect((await api(path, `{${body},${words}}`)).status).toBe(400);
      }
      expect(JSON.stringify(await world.bot().store.listStreams('channel'))).not.toContain('9.9.9');
    });

    test('in what Slack sends: it is nobody’s, and the rest of it means what it means', async () => {
      const url = `${world.bot().url}/slack/events`;
      const signingSecret = reveal(world.settings.slack.signingSecret!);
      const at = new Date(world.clock.now());
      const typed = world.slack.payloadForCommand(
        people.ana.id,
        conversations.releases.id,
        '/incident',
        'list',
      );
      const json = `{"team_id":"${world.slack.team.id}",${words},"type":"event_callback","event":{${words},"type":"app_mention"}}`;
      for (const request of [
        { body: json, contentType: 'application/json' } as const,
        { body: new URLSearchParams({ payload: json }).toString() },
        { body: `${typed.body}&__proto__=x&__proto__[polluted]=1&constructor[prototype][polluted]=1` },
      ]) {
        const { headers, body } = signSlackRequest({ ...request, url, signingSecret, at });
        expect((await send(url, headers, body)).status).toBe(200);
      }
      await world.settle();
      expect(world.told(people.ana.id)).toContain('open');
    });
  });

  describe.each(inherited)('what is called %s', (name) => {
    test('is an alert like any other: it fires, is routed, and is resolved', async () => {
      const said = {
        key: name,
        title: name,
        service: name,
        channel: name,
        severity: name,
        version: name,
        labels: JSON.parse(
          `{"${name}":"${name}","service":"${name}","env":"${name}","channel":"${name}"}`,
        ) as object,
      };
      expect((await alert('generic', JSON.stringify(said))).status).toBe(202);
      await world.settle();
      expect(await firing()).toContain(`generic:${name}`);
      expect((await alert('generic', JSON.stringify({ ...said, status: 'resolved' }))).status).toBe(202);
      await world.settle();
      expect(await firing()).not.toContain(`generic:${name}`);
    });

    test('is no channel, service, version, operation or command', async () => {
      const { ana } = people;
      for (const line of [
        `/rollback ${name} 1.4.2 reason`,
        `/rollback shop/${name} 1.4.2 reason`,
        `/rollback ${name}/stable 1.4.2 reason`,
        `/rollback stable ${name} reason`,
        `/promote ${name} ${name} 1.4.2 reason`,
        `/channels set ${name} 1.4.2 reason`,
        `/oncall ${name}`,
        `/incident declare P1 ${name} title`,
        `/incident declare ${name} checkout title`,
        `/incident ${name}`,
        `/operation settle OP-1 ${name} reason`,
        `/operation show ${name}`,
        `/lastgood ${name}`,
      ]) {
        await world.type(ana.id, line);
        expect([line, world.slack.ephemerals(ana.id).at(-1)?.text]).toEqual([
          line,
          expect.stringMatching(/^⛔/),
        ]);
      }
    });

    test('is nothing that a button may name', async () => {
      for (const channel of [
        `shop/${name}`,
        `shop/stable/${name}`,
        `${name}/stable`,
        `${name}/${name}`,
        name,
      ]) {
        for (const [actionId, value] of [
          ['incident.rollback', { id: 'INC-1', channel, version: '1.4.2' }],
          ['channel.rollback', { channel, version: '1.4.2', leaving: '1.5.0', reason: 'x' }],
          ['drift.record', { channel, drift: 1 }],
          ['drift.keep', { channel, drift: 1 }],
          [name, { channel }],
        ] as const) {
          const told = world.slack.ephemerals(people.ben.id).length;
          await world.slack.as(people.ben.id).clickStale({
            conversationId: conversations.incidents.id,
            messageTs: '1.1',
            actionId,
            value: JSON.stringify({ ...value, store: storeId }),
          });
          await world.settle();
          const answers = world.slack.ephemerals(people.ben.id).slice(told);
          expect(answers.map(({ text }) => text)).toEqual([
            expect.stringMatching(/There is no release channel .* any more|This button is no longer valid/),
          ]);
        }
      }
      const streams = await world.bot().store.listStreams('channel');
      expect(streams.map(({ id }) => id).toSorted()).toEqual(['channel:shop/canary', 'channel:shop/stable']);
    });

    test('is nothing in the API: no path, no page, no body', async () => {
      const get = async (path: string) => {
        const headers = { authorization: `Bearer ${apiTokens.ana}` };
        return (await fetch(`${world.bot().url}/api/v1/${path}`, { headers })).status;
      };
      for (const path of ['incidents', 'operations', 'oncall', 'channels/shop', `channels/${name}`])
        expect([path, await get(`${path}/${name}`)]).toEqual([path, 404]);
      expect(await get(`incidents?${name}=1`)).toBe(400);
      expect(await get(`incidents?before=${name}`)).toBe(400);
      expect((await api(`/api/v1/commands/${name}`, '{}')).status).toBe(404);
      const deployment = { channel: name, version: '9.9.9' };
      expect((await api('/api/v1/deployments', JSON.stringify(deployment))).status).toBe(404);
      expect((await api('/api/v1/deployments', JSON.stringify({ ...deployment, app: name }))).status).toBe(
        404,
      );
      const inShop = { app: 'shop', channel: name, version: '9.9.9' };
      expect((await api('/api/v1/deployments', JSON.stringify(inShop))).status).toBe(404);
      // A key of one's own choosing is only a key.
      const key = { 'idempotency-key': name };
      expect((await api('/api/v1/commands/oncall', '{}', key)).status).toBe(200);
      expect((await api('/api/v1/commands/oncall', '{}', key)).status).toBe(200);
    });
  });

  test('and all of it was understood: nothing is in quarantine, and nothing failed', () => {
    expect(errors()).toEqual([]);
  });
});

describe.each(policyNames)('policies/%s.yml', (policy) => {
  const text = smallTeam[policy];
  const [first = ''] = text.split(':');
  const mistakes: Readonly<Record<string, string>> = {
    'a key __proto__': `${text}__proto__: { polluted: true }\n`,
    'a key __proto__ inside': text.replace(':\n  ', ':\n  __proto__: { polluted: true }\n  '),
    'a key "__proto__" in quotes': `${text}"__proto__": { polluted: true }\n`,
    'a key constructor': `${text}constructor: { prototype: { polluted: true } }\n`,
    'a merge key': `${text}x: &x { polluted: true }\n<<: *x\n`,
    'a function': `${text}x: !!js/function 'function () { return 1 }'\n`,
    'an object of another language': `${text}x: !!python/object/apply:os.system ['id']\n`,
    'a binary': `${text}x: !!binary aWQ=\n`,
    'a set': `${text}x: !!set { a, b }\n`,
    'the same key twice': `${text}${first}: {}\n`,
    'a list in place of an object': `- ${first}\n- __proto__\n`,
    'nine levels of aliases': `${text}${laughs(9)}`,
  };
  test.each(Object.keys(mistakes))('%s is a mistake, told with its line', async (mistake) => {
    const loaded = await loadPolicies(
      await policiesFolder({ ...smallTeam, [policy]: mistakes[mistake] ?? '' }),
    );
    expect(loaded.ok ? '' : sayProblems(loaded.problems)).toMatch(new RegExp(`${policy}\\.yml:\\d+:\\d+  `));
  });
});

describe('security/release_channels.json', () => {
  const row = '{"version":"1.0.0","rollout_percent":100,"updated_at":1}';
  const told = (name: string) =>
    `{"ts":1,"action":"set","channel":"${name}","from_version":"","to_version":"1.0.0","reason":"r","actor":"a"}`;

  test.each(inherited)('that has a channel %s keeps it as it stands, and goes on', async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'lastgood-registry-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, registryFile);
    const text = `{"version":1,"updated_at":1,"channels":{"${name}":${row},"stable":${row}},"history":[${told(name)}]}`;
    await writeFile(path, text);
    const registry = await openRegistry(path, memoryRows());
    const names = ['stable', ...(name === '__proto__' ? [] : [name])];
    expect(Object.keys(registry.read().channels).toSorted()).toEqual(names.toSorted());
    expect(registeredVersion(registry.read(), 'stable')).toBe('1.0.0');
    await registry.update((before) => writeRegistry(before, [], registryKeys(policies), 5_000));
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      updated_at: 5,
      history: [{ channel: name }],
    });
  });
});

test('A name of ours is never one that every object has already', async () => {
  const roster = smallTeam.roster.replaceAll('ida', 'constructor');
  const loaded = await loadPolicies(await policiesFolder({ ...smallTeam, roster }));
  expect(loaded.ok ? '' : sayProblems(loaded.problems)).toContain(
    'roster.yml:2:3  people.constructor  expected a name that means nothing to JavaScript; found "constructor"',
  );
});

/** A billion laughs. */
function laughs(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const inner = level === 0 ? '"lol"' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]\n`;
  });
  return lines.join('');
}
