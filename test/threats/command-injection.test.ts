import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { startDeployTool, type DeployTool } from '../executors/deploy-tool.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const { ana, ben } = people;

let folder: string;
let tool: DeployTool;
let world: StillWorld;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-injection-'));
  await writeFile(join(folder, 'deploy.mjs'), deploy);
  tool = await startDeployTool();
  world = await stillWorld({ 'channels.yml': withEveryExecutor });
});
afterAll(async () => {
  await world.close();
  await tool.close();
  await rm(folder, { recursive: true });
});

/** Writes down what it was given, word by word. */
const deploy = `
  import { writeFileSync } from 'node:fs';
  writeFileSync(new URL('given.json', import.meta.url), JSON.stringify([process.argv.slice(2), process.env.REASON]));
`;

/** A rollback by command, HTTP and GitHub at once, each of which is handed version and reason. */
function withEveryExecutor(text: string): string {
  const channels = parse(text) as Channels;
  const { stable } = channels.apps.shop.channels;
  const [workflow, health, sentry] = stable.rollback.steps;
  const times = { phase: 'execute', target: '10s', deadline: '2m' };
  const command = {
    uses: 'command',
    title: 'Deploy {{version}} by hand',
    ...times,
    with: {
      argv: [
        process.execPath,
        join(folder, 'deploy.mjs'),
        '--to={{version}}',
        '--why={{reason}}',
        '--',
        '{{version}}',
        '{{reason}}',
      ],
      env: { REASON: '{{reason}}' },
    },
  };
  const http = {
    uses: 'http',
    title: 'Tell the deploy tool',
    ...times,
    with: {
      url: `http://${tool.host}/{{app|url}}/{{version|url}}?why={{reason|url}}`,
      headers: { 'X-Reason': '{{reason|url}}' },
      json: { version: '{{version}}', reason: '{{reason}}' },
    },
  };
  stable.rollback.steps = [command, http, workflow, health, sentry];
  return stringify(channels);
}

interface Channels {
  readonly apps: {
    readonly shop: { readonly channels: { readonly stable: { rollback: { steps: unknown[] } } } };
  };
}

describe('a hostile version', () => {
  test.each([
    '$(id)',
    '1.4.2$(id)',
    '`id`',
    '1.4.2`id`',
    '--flag',
    '-o',
    '1.4.2;rm',
    '1.4.2|id',
    '1.4.2&&id',
    '${{github.token}}',
    '1.4.2\u0000',
    '{{reason}}',
    '../1.4.2',
    '1.4.2/../..',
    '1.4.2%0a',
    '１.4.2',
    '1.4.2‮',
    '1.4.²',
  ])('%j is refused before there is a plan', async (version) => {
    const cards = world.cards().length;
    await world.type(ana.id, `/rollback stable ${version} it is broken`);
    expect(world.told(ana.id)).toContain('is no version');
    expect(world.cards()).toHaveLength(cards);
    expect(existsSync(join(folder, 'given.json'))).toBe(false);
    expect(tool.calls).toEqual([]);
    expect(world.github.runs()).toEqual([]);
  });
});

describe('a hostile reason', () => {
  const reasons = [
    '$(id)',
    '`id > /tmp/x`',
    '--flag',
    '-o ProxyCommand=id',
    '; rm -rf / #',
    '&& id || id | id > x < y',
    '${{ secrets.GITHUB_TOKEN }} $HOME %PATH%',
    `"'\\" \\n \\u0000`,
    '{{version}} {{ reason|url }}',
    '.. ../../etc/passwd?x=y&z#w',
    '’; ü 🚀 𝕏 ‮ cba',
    'one\ntwo\r\nX-Evil: yes',
    'NUL \u0000 and \u001b[2J',
  ];

  test.each(reasons.map((reason, index) => [reason, index] as const))(
    '%j arrives as one value everywhere, and is nothing but a value',
    async (reason, index) => {
      // Control characters, line breaks among them, become a blank before anything is planned.
      const meant = reason.replace(/[\s\p{Cc}]+/gu, ' ').trim();
      const version = index % 2 === 0 ? '1.4.2' : '1.4.1';
      await world.type(ana.id, `/rollback stable ${version} ${reason}`);
      const id = `OP-${index + 1}`;
      const { plan } = await world.operation(id);
      expect(plan.reason).toBe(meant);
      const calls = tool.calls.length;
      await carryOut(id);

      expect(JSON.parse(await readFile(join(folder, 'given.json'), 'utf8'))).toEqual([
        [`--to=${version}`, `--why=${meant}`, '--', version, meant],
        meant,
      ]);
      const [call, ...others] = tool.calls.slice(calls);
      expect(others).toEqual([]);
      const { pathname, searchParams } = new URL(call?.url ?? '', 'http://tool');
      expect([pathname, [...searchParams]]).toEqual([`/shop/${version}`, [['why', meant]]]);
      expect(JSON.parse(call?.body ?? '')).toEqual({ version, reason: meant });
      expect(decodeURIComponent(String(call?.headers['x-reason']))).toBe(meant);
      expect(call?.headers).not.toHaveProperty('x-evil');

      expect(world.github.runs().at(-1)).toMatchObject({
        workflow: 'rollback.yml',
        ref: 'main',
        inputs: { version, reason: meant, correlation_id: `${id}.3-k3x9w2` },
      });
      const deploys = world.sentry
        .releases()
        .find((release) => release.version === `shop@${version}`)?.deploys;
      expect(deploys?.at(-1)).toMatchObject({ name: `${id}.5-k3x9w2`, environment: 'production' });
    },
  );
});

/** Has it approved, and waits: the command is a real process, which knows nothing of the world's clock. */
async function carryOut(id: string): Promise<void> {
  const card = world.cards().at(-1);
  await world.slack.as(ben.id).click(conversations.releases.id, card?.ts ?? '', 'operation.approve');
  for (;;) {
    await world.pass(1_000);
    const { status, why } = await world.operation(id);
    if (status === 'done') return;
    if (status !== 'running') throw new Error(`${status}: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
