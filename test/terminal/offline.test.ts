import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { registryFile } from '../../src/bot/registry.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { apiOf } from '../http/api-world.ts';
import { lastgood, type Environment, type Ran } from './support/run.ts';

let root: string;
let world: World;
let folders: Environment;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-offline-'));
  world = await startWorld({
    root,
    policies: examplePolicies,
    // The terminal has the clock of its machine, and so has this bot.
    clock: movableClock({ start: Date.now(), running: true }),
    port: 0,
    random: () => 0.5,
    logLevel: 'silent',
    writeLog: () => undefined,
  });
  const { dataDir, policiesDir, securityDir } = world.settings;
  folders = { DATA_DIR: dataDir, POLICIES_DIR: policiesDir, SECURITY_DIR: securityDir };
  const ana = apiOf(world, 'ana');
  await ana.command('incident', { line: 'declare P1 checkout answers 500' });
  await ana.command('rollback', { line: 'stable last-good answers 500' });
  await world.bot().quiet();
});
afterAll(async () => {
  await world.close();
  await rm(root, { recursive: true });
});

function offline(line: string, env: Environment = folders): Promise<Ran> {
  return lastgood([...line.split(' '), '--offline'], env);
}

test('while the bot runs, its store is its own: exit 78, and the way through its API', async () => {
  const { code, stdout, stderr } = await offline('incident ack --as ana');
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toContain('Talk to the running one through its API (LASTGOOD_URL)');
});

describe('When the bot is down', () => {
  beforeAll(() => world.stopBot());

  test.each([
    ['incident list', '1 incident is open'],
    ['incident timeline', 'Timeline of INC-1'],
    ['incident postmortem INC-1', 'Post-mortem of INC-1'],
    ['operation show', 'OP-1: rollback of shop/stable'],
    ['oncall checkout', 'primary Ana Ruiz'],
    ['channels', 'shop/stable: 1.5.0 live'],
  ])('everybody may look: %s', async (line, said) => {
    const { code, stdout, stderr } = await offline(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(said);
  });

  test('who wants something says who they are', async () => {
    const nobody = await offline('incident ack');
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('Known: ana, ben, dana.') });
    const unknown = await offline('incident ack --as anna');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean ana?') });
  });

  test.each([
    ['rollback stable last-good slow', 'carried out when the bot is back, and nobody expects it'],
    ['promote canary stable fine', 'carried out when the bot is back'],
    ['operation approve OP-1 {hash}', 'carried out when the bot is back'],
    ['unfreeze it is over', 'carried out when the bot is back'],
    ['incident declare P2 checkout again', 'Nobody would be paged'],
    ['incident sev P0 worse', 'Nobody would be paged'],
  ])('nothing is begun that nobody would see: %s', async (line, why) => {
    const { code, stderr } = await offline(`${line.replace('{hash}', '0123456789abcdef')} --as dana`);
    expect(code).toBe(1);
    expect(stderr).toContain('Not while the bot is down');
    expect(stderr).toContain(why);
  });

  test('the rules are those of the running bot', async () => {
    const { code, stderr } = await offline('channels set stable 1.4.2 by hand --as ana');
    expect(code).toBe(1);
    expect(stderr).toContain('Cannot set shop/stable');
  });

  it('does what only changes records, and its effects go out when the bot is back', async () => {
    const acked = await offline('incident ack --as ana');
    expect(acked).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('INC-1: Acknowledged by Ana Ruiz (terminal)'),
      stderr: expect.stringContaining('follow when the bot starts again'),
    });
    const set = await offline('channels set canary 1.7.0 deployed by hand --as ben --json');
    expect(JSON.parse(set.stdout)).toMatchObject({ tone: 'done' });
    expect((await offline('operation abort OP-1 --as ana')).code).toBe(0);
    expect((await offline('incident resolve INC-1 went away --as ben')).code).toBe(0);
    expect((await offline('freeze it deploys to the wrong cluster --as ana')).code).toBe(0);

    await world.startBot();
    await world.bot().quiet();
    const events = await world.bot().store.readEvents('INC-1');
    expect(events.find(({ type }) => type === 'incident.acknowledged')?.by).toMatchObject({
      person: 'ana',
      via: 'terminal',
      account: expect.stringMatching(/^os user ./),
    });
    const operation = await world.bot().store.readStream('OP-1');
    expect(operation).toMatchObject({ state: { status: 'withdrawn' } });
    const registry = await readFile(join(world.settings.securityDir, registryFile), 'utf8');
    expect(registry).toContain('1.7.0');
    // Nothing would have begun from the first moment on.
    const [freeze] = await world.bot().store.listStreams('freeze', { openOnly: true });
    expect(freeze?.state).toMatchObject({ last: { name: 'Ana Ruiz' } });
    await world.stopBot();
  });

  test.each([
    ['there is no store', { DATA_DIR: 'none' }, 'There is no store at'],
    ['the policies are not there', { POLICIES_DIR: 'none' }, 'the file is missing'],
    ['a setting is wrong', { DATA_DIR: '', DATA_DIR_FILE: '/nowhere' }, 'DATA_DIR_FILE names a file'],
  ])('%s: exit 78, and nothing is made', async (_, env, said) => {
    const cwd = await mkdtemp(join(tmpdir(), 'lastgood-offline-'));
    const { code, stderr } = await lastgood(['channels', '--offline'], { ...folders, ...env }, cwd);
    await rm(cwd, { recursive: true });
    expect(code).toBe(78);
    expect(stderr).toContain(said);
  });
});
