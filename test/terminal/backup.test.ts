import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { storePath } from '../../src/store/store-path.ts';
import { apiOf } from '../http/api-world.ts';
import { lastgood, terminalOf } from './support/run.ts';

let root: string;
let out: string;
let world: World;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-terminal-backup-'));
  out = await mkdtemp(join(root, 'out-'));
  world = await startWorld({
    root: join(root, 'world'),
    policies: examplePolicies,
    clock: movableClock({ start: Date.now(), running: true }),
    port: 0,
    random: () => 0.5,
    logLevel: 'silent',
    writeLog: () => undefined,
  });
  await apiOf(world, 'ana').command('incident', { line: 'declare P1 checkout answers 500' });
  await world.bot().quiet();
});
afterAll(async () => {
  await world.close();
  await rm(root, { recursive: true });
});

test('a lead backs up while the bot runs, and goes back to it while it is down', async () => {
  const made = await lastgood(['backup', '--out', out], terminalOf(world, 'dana'));
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('holds all that is stored') });
  const [name = ''] = await readdir(out);
  expect(name).toMatch(/^lastgood-\d{4}-\d\d-\d\d-\d{6}\.db$/);
  const file = join(out, name);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(world.settings.dataDir)).filter((each) => each.startsWith('download-'))).toEqual([]);

  const settings = { DATA_DIR: world.settings.dataDir };
  const running = await lastgood(['restore', file], settings);
  expect(running).toMatchObject({ code: 78, stderr: expect.stringContaining('in use by another process') });
  await world.stopBot();

  const offline = await lastgood(['backup', '--offline', '--out', join(out, 'offline.db')], settings);
  expect(offline).toMatchObject({ code: 0, stdout: expect.stringContaining('offline.db (') });
  const none = await lastgood(['backup', '--offline', '--out', out], { DATA_DIR: join(out, 'none') });
  expect(none).toMatchObject({ code: 78, stderr: expect.stringContaining('There is no store at') });

  const restored = await lastgood(['restore', file], settings);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  expect(restored.stdout).toContain('Open incidents: INC-1. Open operations: none.');
  expect(restored.stdout).toContain(`It is in its place, ${join(world.settings.dataDir, 'lastgood.db')}.`);
  expect(restored.stdout).toMatch(/What was there is kept as .*lastgood\.before-.*\.db/);
  const elsewhere = await lastgood(['restore', file], { DATA_DIR: join(root, 'wrong') });
  expect(elsewhere.stdout).toContain(`${join(root, 'wrong', 'lastgood.db')}. Nothing was there.`);

  // What somebody has written into it is not taken for what happened.
  const db = new DatabaseSync(file);
  db.exec(`UPDATE event SET type = 'incident.resolved' WHERE seq = 1`);
  db.exec(`UPDATE event SET data = '{"type":"incident.resolved"}' WHERE seq = 1`);
  db.close();
  const changed = await lastgood(['restore', file], settings);
  expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was replaced') });
  const anyway = await lastgood(['restore', file, '--even-if-changed'], settings);
  expect(anyway).toMatchObject({ code: 0, stderr: '' });
  await world.startBot();
}, 60_000);

test('nobody else backs up, and nothing is written then', async () => {
  const before = await readdir(out);
  const mayNot = await lastgood(['backup', '--out', out], terminalOf(world, 'ana'));
  expect(mayNot).toMatchObject({ code: 1, stderr: expect.stringContaining('takes the role lead') });
  expect(
    (await lastgood(['backup', '--out', out], { ...terminalOf(world, 'ana'), LASTGOOD_TOKEN: 'x' })).code,
  ).toBe(78);
  await writeFile(join(root, 'file'), '');
  const nowhere = await lastgood(['backup', '--out', join(root, 'file', 'x')], terminalOf(world, 'dana'));
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no backup.') });
  expect(await readdir(out)).toEqual(before);
}, 60_000);

test('a backup goes into a folder that is new, is named where it lies, and replaces a file that is named, but no store', async () => {
  const folder = await mkdtemp(join(root, 'offline-'));
  const data = { DATA_DIR: join(folder, 'data') };
  await (await openSqliteStore({ path: storePath(data.DATA_DIR) })).close();

  const made = await lastgood(['backup', '--offline', '--out', `${folder}/new/`], data);
  const [name = ''] = await readdir(join(folder, 'new'));
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`lastgood restore ${join(folder, 'new', name)}`),
  });

  const own = storePath(data.DATA_DIR);
  expect(await lastgood(['backup', '--offline', '--out', own], data)).toMatchObject({
    code: 78,
    stderr: `${own} is the store itself. Give the backup another name.\n`,
  });
  const nightly = join(folder, 'nightly.db');
  await writeFile(nightly, 'last night’s');
  const tonight = await lastgood(['backup', '--offline', '--out', nightly], data);
  expect(tonight).toMatchObject({ code: 0, stderr: '' });
  expect((await readFile(nightly)).subarray(0, 15).toString()).toBe('SQLite format 3');
  expect((await readdir(folder)).toSorted()).toEqual(['data', 'new', 'nightly.db']);
  const inside = await lastgood(['backup', '--offline', '--out', join(own, 'x.db')], data);
  expect(inside).toMatchObject({ code: 78, stderr: expect.stringMatching(/could not be made: [^\n]*\n$/) });
}, 30_000);

test('a store that cannot be looked at is not said to be missing', async () => {
  const file = join(root, 'no-folder');
  await writeFile(file, '');
  for (const words of [['backup'], ['audit', 'verify'], ['incident', 'list']]) {
    const { code, stderr } = await lastgood([...words, '--offline'], { DATA_DIR: file });
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: expect.stringContaining(`${join(file, 'lastgood.db')} cannot be a folder`),
    });
  }
}, 30_000);
