import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBot } from '../../src/bot/bot.ts';
import { createLog } from '../../src/bot/log.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { canaryBody } from '../support/story-reports.ts';
import { busyNight, lines, pictureOf, refusalsOf } from './support/scene.ts';
import type { StillWorld } from './support/still-world.ts';

/** One request for every route, and for every verb. */
interface Call {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
}

interface Answered {
  readonly status: number;
  readonly challenge: string | null;
  readonly said: string;
}

/** What a release bot is there for. */
const reports: readonly string[] = ['post /api/v1/canary', 'post /api/v1/deployments'];

/** What apps in the hands of everybody ask. */
const publicPaths: readonly string[] = [
  '/api/v1/status/{app}/{version}',
  '/.well-known/lastgood/status.json',
];

let world: StillWorld;
let typed: Awaited<ReturnType<typeof lines>>;
let calls: readonly Call[];

beforeAll(async () => {
  world = await busyNight();
  typed = await lines(world);
  calls = await everyCall();
}, 60_000);
afterAll(() => world.close());

/** From openapi.json, so that a route that is new is here by itself. */
async function everyCall(): Promise<readonly Call[]> {
  const described = (await (await fetch(`${world.bot().url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: readonly [] }>>>>;
  };
  const at = world.clock.now();
  const bodies: Readonly<Record<string, object>> = {
    '/api/v1/canary': canaryBody(at, { version: '1.6.0-rc.2' }),
    '/api/v1/deployments': { channel: 'canary', version: '1.6.0-rc.5' },
  };
  const ids = [
    [/(incidents\/)\{id\}/, '$1INC-1'],
    [/(operations\/)\{id\}/, '$1OP-2'],
    [/\{app\}\/\{channel\}/, 'shop/canary'],
    [/\{service\}/, 'checkout'],
  ] as const;
  const guarded = Object.entries(described.paths).filter(([path]) => !publicPaths.includes(path));
  return guarded.flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { security }]) => {
      // One that asks for no token has to be listed here.
      expect([template, security]).toEqual([template, undefined]);
      const path = ids.reduce((filled, [part, value]) => filled.replace(part, value), template);
      const name = /\/commands\/(.+)/.exec(path)?.[1] ?? `${method} ${path}`;
      const line = typed[name]?.line.replace(/^\/\S+\s*/, '');
      const body = bodies[path] ?? (line === undefined ? undefined : { line: said(name, line) });
      return { name, method: method.toUpperCase(), path, body };
    }),
  );
}

/** `/incident ack INC-1` is the line `INC-1` of the verb `incident-ack`. */
function said(name: string, line: string): string {
  const [, word] = name.split('-');
  return word === undefined ? line : line.slice(word.length).trim();
}

async function send(url: string, { method, path, body }: Call, authorization: string): Promise<Answered> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    said: await response.text(),
  };
}

const asks = (token: string, call: Call) => send(world.bot().url, call, `Bearer ${token}`);
const needsOf = ({ name, method }: Call) => typed[name]?.needs ?? (method === 'GET' ? 'nothing' : 'a role');

test('The table is complete: every verb has its line', () => {
  const commands = calls.filter(({ path }) => path.includes('/commands/')).map(({ name }) => name);
  expect(commands.toSorted()).toEqual(Object.keys(typed).toSorted());
  const bare = calls.filter(({ method, body }) => method === 'POST' && body === undefined);
  expect(bare.map(({ name }) => name)).toEqual(['post /api/v1/backup']);
});

describe('Nobody', () => {
  const nobodies: Readonly<Record<string, () => string>> = {
    'with a token that was never ours': () => 'Bearer a-token-that-nobody-made',
    'with a hash in place of its token': () => `Bearer ${world.settings.apiTokens['ana']?.sha256[0]}`,
    'with the token of a webhook': () => `Bearer ${world.webhookToken}`,
    'with the token of Slack': () => 'Bearer xoxb-sandbox-0001',
    'with another scheme': () => `Basic ${btoa(`ana:${apiTokens.ana}`)}`,
    'with no token': () => '',
  };
  test.each(Object.keys(nobodies))('%s: 401 everywhere, and nothing happens', async (nobody) => {
    const before = [await pictureOf(world), await refusalsOf(world)];
    const authorization = nobodies[nobody]?.() ?? '';
    for (const call of calls) {
      const { status, challenge, said: words } = await send(world.bot().url, call, authorization);
      expect([call.name, status, challenge]).toEqual([call.name, 401, 'Bearer']);
      expect(words).toContain('API_TOKENS lists the SHA-256 of each token');
    }
    await world.settle();
    expect([await pictureOf(world), await refusalsOf(world)]).toEqual(before);
  });
});

test('The token of somebody who has left the roster: 403 everywhere, and nothing happens', async () => {
  // Dana goes. Her token is still where tokens are.
  const roster = join(world.settings.policiesDir, 'roster.yml');
  const left = (await readFile(roster, 'utf8')).replace('  dana:', '  dee:').replaceAll('[dana]', '[dee]');
  await writeFile(roster, left);
  await expect.poll(() => Object.keys(world.policies().roster.people), { timeout: 10_000 }).toContain('dee');

  const before = [await pictureOf(world), await refusalsOf(world)];
  for (const call of calls) {
    const { status, said: words } = await asks(apiTokens.dana, call);
    expect([call.name, status]).toEqual([call.name, 403]);
    expect(words).toContain('who is not in roster.yml');
  }
  await world.settle();
  expect([await pictureOf(world), await refusalsOf(world)]).toEqual(before);
});

describe.each([
  {
    who: 'A token that only reads',
    token: apiTokens.reader,
    may: [] as readonly string[],
    why: /reader has reader\. Roles of tokens are in API_TOKENS\.|the token reader stands for nobody/,
  },
  {
    who: 'The token of a release bot',
    token: apiTokens['release-bot'],
    may: reports,
    why: /release-bot has release-bot\. Roles of tokens are in API_TOKENS\.|the token release-bot stands for nobody/,
  },
])('$who', ({ token, may, why }) => {
  test('may look at everything', async () => {
    const before = await pictureOf(world);
    const looks = calls.filter((call) => needsOf(call) === 'nothing');
    for (const call of looks) expect([call.name, (await asks(token, call)).status]).toEqual([call.name, 200]);
    expect(await pictureOf(world)).toEqual(before);
  });

  test('is refused everything else, and told why; nothing changes', async () => {
    const before = await pictureOf(world);
    const refused = calls.filter((call) => needsOf(call) !== 'nothing' && !may.includes(call.name));
    for (const call of refused) {
      const { status, said: words } = await asks(token, call);
      const expected = [call.name, typed[call.name] ? 409 : 403, expect.stringMatching(why)];
      expect([call.name, status, words]).toEqual(expected);
    }
    await world.settle();
    expect(await pictureOf(world)).toEqual(before);
  });
});

test('A token that stands for nobody, whatever its roles, gives no word that only a person can give', async () => {
  const before = await pictureOf(world);
  const words = ['incident-ack', 'operation-approve', 'operation-settle', 'promote'];
  for (const call of calls.filter(({ name }) => words.includes(name))) {
    const { status, said: answer } = await asks(apiTokens.ci, call);
    expect([call.name, status]).toEqual([call.name, 409]);
    expect(answer).toContain('the token ci stands for nobody');
  }
  await world.settle();
  expect(await pictureOf(world)).toEqual(before);
});

test('A release bot may report, and that is all it may', async () => {
  for (const call of calls.filter(({ name }) => reports.includes(name)))
    expect([call.name, (await asks(apiTokens['release-bot'], call)).status]).toEqual([call.name, 200]);
});

test('A token that was taken out of API_TOKENS: 401 everywhere after the restart', async () => {
  await world.stopBot();
  const { ana: _revoked, ...left } = world.settings.apiTokens;
  const bot = await startBot({
    settings: { ...world.settings, apiTokens: left },
    policies: world.policies,
    clock: world.clock,
    random: () => 0.5,
    log: createLog({ level: 'silent', secrets: [], write: () => undefined, onError: () => undefined }),
  });
  try {
    for (const call of calls) {
      const { status } = await send(bot.url, call, `Bearer ${apiTokens.ana}`);
      expect([call.name, status]).toEqual([call.name, 401]);
    }
    const [list] = calls.filter(({ name }) => name === 'get /api/v1/incidents');
    expect(list && (await send(bot.url, list, `Bearer ${apiTokens.ben}`)).status).toBe(200);
  } finally {
    await bot.stop();
  }
});
