import { createServer, type Server } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { startNeighbourhood, type Neighbourhood } from '../../src/sandbox/neighbourhood.ts';
import { seedFolders } from '../../src/sandbox/seed.ts';
import { emptyFolder, lastgood, start, type Environment } from './support/run.ts';

const folder = emptyFolder();
let neighbours: Neighbourhood;
let env: Environment;
beforeAll(async () => {
  neighbours = await startNeighbourhood({ now: () => new Date(), requestUrl: () => undefined });
  const folders = await seedFolders(folder.path, examplePolicies, neighbours.shop.url, Date.now());
  env = {
    ...neighbours.environment,
    DATA_DIR: folders.dataDir,
    POLICIES_DIR: folders.policiesDir,
    SECURITY_DIR: folders.securityDir,
    PORT: '0',
  };
});
afterEach(() => {
  neighbours.shop.setWell(true);
  neighbours.slack.heal();
});
afterAll(async () => {
  await neighbours.close();
  folder.remove();
});

function doctor(changed: Environment = {}, ...flags: readonly string[]) {
  return lastgood(['doctor', ...flags], { ...env, ...changed }, folder.path);
}

describe('lastgood doctor', () => {
  test('shows everything by its part, counts it, and ends with 0 when nothing is wrong', async () => {
    const { code, stdout, stderr } = await doctor({ PAGERDUTY_ROUTING_KEY: '' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Settings\n {2}✓ PORT +is set$/m);
    expect(stdout).toMatch(/^Slack\n {2}✓ SLACK_BOT_TOKEN +is @lastgood in Lastgood sandbox$/m);
    expect(stdout).toMatch(/^ {2}! PAGERDUTY_ROUTING_KEY +not set, which switches off pages by PagerDuty$/m);
    expect(stdout).toMatch(/^\? 1 unknown, ! \d+ missing, ✓ \d+ ok\n$/m);
  });

  test('ends with 1 when something is wrong, and says what to do', async () => {
    neighbours.shop.setWell(false);
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}✗ \S+healthz, .* said readiness=failing\.\n +→ As long as it says so/m);
  });

  test('says what to type as it is typed in a terminal', async () => {
    const { stdout } = await doctor({ SECURITY_DIR: join(folder.path, 'nowhere') });
    expect(stdout).toContain('Say what is live with lastgood channels set.');
  });

  test('ends with 78 when the bot would not start', async () => {
    const { code, stdout } = await doctor({ SLACK_BOT_TOKEN: '', SENTRY_URL: 'nowhere' });
    expect(code).toBe(78);
    expect(stdout).toMatch(/✗ SLACK_BOT_TOKEN +is missing\n/);
    expect(stdout).toMatch(/✗ SENTRY_URL +is no http\(s\) URL\n/);
    expect(stdout).toMatch(/✓ GITHUB_TOKEN +is valid\n/);
  });

  test('reads .env, and tells its mistakes', async () => {
    const here = join(folder.path, 'here');
    await mkdir(here);
    await writeFile(join(here, '.env'), 'PORT=0\nthis is no setting\n');
    const { code, stdout } = await lastgood(['doctor'], env, here);
    expect(code).toBe(78);
    expect(stdout).toMatch(/✗ \.env +line 2: expected NAME=value/);
  });

  test('as JSON it is an array of findings, and nothing else', async () => {
    const { stdout, stderr } = await doctor({}, '--json');
    const findings = JSON.parse(stdout) as readonly object[];
    expect(stderr).toBe('');
    expect(findings).toContainEqual({
      area: 'Slack',
      name: '#incidents',
      status: 'ok',
      what: 'is #incidents, and the bot is in it',
    });
    const keys = new Set(findings.flatMap((finding) => Object.keys(finding)));
    expect(keys).toEqual(new Set(['area', 'name', 'status', 'what', 'advice']));
  });

  test('knows a bot that is running by its address', async () => {
    const bot: Server = createServer((_, response) => response.end('ok\n'));
    await new Promise<void>((resolve) => {
      bot.listen(0, '127.0.0.1', resolve);
    });
    const address = bot.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { stdout } = await doctor({ PORT: port });
    bot.closeAllConnections();
    bot.close();
    expect(stdout).toMatch(
      new RegExp(`✓ PORT +a running Lastgood answers at http://127\\.0\\.0\\.1:${port}\n`),
    );
  });

  test('says what it waits for once it takes long, and ends all the same', async () => {
    neighbours.slack.fail({ hang: true });
    const running = start(['doctor'], { ...env }, folder.path);
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toMatch(/^Asking Slack, GitHub and the others \(\ds so far\)\n/);
    expect(stdout).toMatch(/✗ SLACK_BOT_TOKEN/);
    expect(code).toBe(1);
  });
});
