import { createServer } from 'node:http';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRegistry, registryFile, registryKeys } from '../../src/bot/registry.ts';
import { writeRegistry } from '../../src/core/channel/registry.ts';
import { policyNames } from '../../src/core/policies/policies.ts';
import { commandStep } from '../../src/executors/command-step.ts';
import { forgetRuns } from '../../src/executors/forget-runs.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { FolderTaken, takeFolder } from '../../src/sandbox/folder.ts';
import { pageRoutes } from '../../src/sandbox/page/server.ts';
import { seedFolders } from '../../src/sandbox/seed.ts';
import { policiesFolder, smallTeam } from '../policies/small-team.ts';
import { policies } from '../support/given.ts';
import { lastgood } from '../terminal/support/run.ts';
import { sayRaw } from './support/raw.ts';
import { memoryRows } from '../support/document-rows.ts';

let folder: string;
/** A folder of somebody else, with something in it that has to stay as it is. */
let elsewhere: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-paths-'));
  elsewhere = await mkdtemp(join(tmpdir(), 'lastgood-elsewhere-'));
  await writeFile(join(elsewhere, 'precious'), 'untouched');
});
afterEach(async () => {
  await expectUntouched();
  for (const each of [folder, elsewhere]) await rm(each, { recursive: true });
});

async function expectUntouched(): Promise<void> {
  expect(await readdir(elsewhere)).toEqual(['precious']);
  expect(await readFile(join(elsewhere, 'precious'), 'utf8')).toBe('untouched');
}

describe('The files of the sandbox’s page', () => {
  const ways = [
    '../server.ts',
    '../../../../package.json',
    '..%2fserver.ts',
    '..%2F..%2Fserver.ts',
    '%2e%2e/server.ts',
    '%2e%2e%2fserver.ts',
    '..%252fserver.ts',
    '..\\server.ts',
    '..%5cserver.ts',
    '/etc/passwd',
    '//etc/passwd',
    '%2fetc%2fpasswd',
    'main.mjs%00.css',
    'main.mjs/../../server.ts',
    '.',
    '',
    'MAIN.MJS',
    'main.mjs.map',
  ];
  test.each(ways)('are no way to %s', async (way) => {
    const serve = pageRoutes(() => {
      throw new Error('nobody asks for the workspace');
    });
    const server = createServer((request, response) => {
      if (!serve(request, response)) response.writeHead(404).end('elsewhere');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const { answer } = sayRaw(
      `http://127.0.0.1:${port}`,
      `GET /sandbox/assets/${way} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 (404|400) /);
    expect(await answer).not.toMatch(/import |root:|"name":/);
    server.close();
  });
});

describe('A command’s folder', () => {
  test.each([
    '..',
    '../x',
    'x/..',
    'x/../../y',
    './../x',
    '/',
    '/etc',
    '//etc',
    '~',
    '~root',
    '$HOME',
    'x\u0000y',
    'x\ny',
    '..\\x',
    '{{app}}',
    '{{reason}}',
    '',
  ])('is not %j', (cwd) => {
    expect(commandStep.safeParse({ argv: ['deploy.sh'], cwd }).success).toBe(false);
  });

  test('that was forgotten takes nothing along that a link leads to', async () => {
    await mkdir(join(folder, 'runs', 'OP-1.1-x'), { recursive: true });
    await symlink(elsewhere, join(folder, 'runs', 'OP-2.1-x'));
    await symlink(elsewhere, join(folder, 'runs', 'OP-1.1-x', 'link'));
    const long = new Date('2020-01-01T00:00:00Z');
    for (const each of [join(folder, 'runs', 'OP-1.1-x'), elsewhere]) await utimes(each, long, long);
    await symlink(join(folder, 'nowhere'), join(folder, 'runs', 'OP-3.1-x'));
    expect(await forgetRuns(folder, Date.now())).toBe(1);
    // A link is none of ours, wherever it leads.
    expect(await readdir(join(folder, 'runs'))).toEqual(['OP-2.1-x', 'OP-3.1-x']);
  });
});

describe('The registry file', () => {
  test('that is a link is replaced, and what it led to stays', async () => {
    const target = join(folder, 'target.json');
    const text = '{"version":1,"updated_at":1,"channels":{},"history":[]}';
    await writeFile(target, text);
    const path = join(folder, registryFile);
    await symlink(target, path);
    const registry = await openRegistry(path, memoryRows());
    await registry.update((before) => writeRegistry(before, [], registryKeys(policies), 5_000));
    expect(await readFile(target, 'utf8')).toBe(text);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ updated_at: 5 });
  });
});

describe('Policies', () => {
  test('may be links, as Kubernetes mounts them; what is no file is a mistake', async () => {
    const real = await policiesFolder(smallTeam);
    for (const name of policyNames) await symlink(join(real, `${name}.yml`), join(folder, `${name}.yml`));
    const steps = { check: () => undefined, fillsIn: () => [] };
    expect(await loadPolicies(folder, steps)).toMatchObject({ ok: true });

    await rm(join(folder, 'roster.yml'));
    await symlink(elsewhere, join(folder, 'roster.yml'));
    await rm(join(folder, 'severity.yml'));
    await symlink(join(folder, 'nowhere'), join(folder, 'severity.yml'));
    await rm(join(folder, 'health.yml'));
    await symlink(join(folder, 'health.yml'), join(folder, 'health.yml'));
    const loaded = await loadPolicies(folder, steps);
    const told = loaded.ok ? [] : loaded.problems.map(({ message }) => message.split(';')[0]);
    expect(new Set(told)).toEqual(
      new Set(['the file cannot be read (EISDIR)', 'the file cannot be read (ELOOP)', 'the file is missing']),
    );
  });
});

describe('A new key', () => {
  test.each([
    ['through a link', async (out: string) => symlink(join(elsewhere, 'key.pem'), out)],
    ['over a file', async (out: string) => symlink(join(elsewhere, 'precious'), out)],
    ['into a folder', async (out: string) => mkdir(out)],
  ])('is not written %s', async (_, prepare) => {
    const out = join(folder, 'signing.pem');
    await prepare(out);
    const { code, stdout, stderr } = await lastgood(['key', 'create', '--out', out], {}, folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('was left as it is');
  });
});

describe('The sandbox’s folder', () => {
  const now = Date.parse('2026-11-22T03:00:00Z');

  test('is none that holds anything else', async () => {
    await expect(takeFolder(elsewhere)).rejects.toThrow(FolderTaken);
    await symlink(elsewhere, join(folder, 'link'));
    await expect(takeFolder(join(folder, 'link'))).rejects.toThrow(FolderTaken);
    await expect(takeFolder('.')).rejects.toThrow(FolderTaken);
    await expect(takeFolder(join(elsewhere, 'precious'))).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  test('that is wiped takes nothing along that a link leads to', async () => {
    const root = join(folder, 'world');
    await takeFolder(root);
    for (const name of ['store', 'policies', 'security']) await symlink(elsewhere, join(root, name));
    await seedFolders(root, await policiesFolder(smallTeam), 'http://127.0.0.1:1', now);
    expect((await readdir(join(root, 'security'))).length).toBeGreaterThan(0);
  });
});

describe('An archive', () => {
  // Whoever is the first to unpack one owes the tests for what may lie in it.
  test('that could be unpacked is none that Lastgood reads', async () => {
    const folders = ['src', 'commands'];
    const files = await Promise.all(
      folders.map(async (folder) =>
        (await readdir(folder, { recursive: true })).map((name) => join(folder, name)),
      ),
    );
    const sources = files.flat().filter((path) => path.endsWith('.ts'));
    const unpacking =
      /(?:zlib|[^\w](?:tar|unzip|gunzip|bsdtar)['"]|tar-stream|yauzl|jszip|adm-zip|decompress)/;
    const unpackers = [];
    for (const path of sources) if (unpacking.test(await readFile(path, 'utf8'))) unpackers.push(path);
    expect(unpackers).toEqual([]);
    expect(sources.length).toBeGreaterThan(200);
  });
});
