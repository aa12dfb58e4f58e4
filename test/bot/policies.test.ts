import { cp, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchPolicies, type WatchedPolicies } from '../../src/bot/policies.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let root: string;
let dir: string;
let watched: Extract<WatchedPolicies, { ok: true }> | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-policies-'));
  dir = join(root, 'policies');
  await cp('examples/shop/policies', dir, { recursive: true });
});
afterEach(async () => {
  watched?.stop();
  await rm(root, { recursive: true });
});

async function watchIt(): Promise<void> {
  const started = await watchPolicies(dir, silent, 400);
  if (!started.ok) throw new Error(started.problems.join('\n'));
  watched = started;
}

async function callAna(name: string): Promise<void> {
  const file = join(dir, 'roster.yml');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^( {4}name: ).*/m, `$1${name}`));
}

async function heardThatAnaIs(name: string): Promise<void> {
  await vi.waitFor(() => expect(watched?.current().roster.people['ana']?.name).toBe(name), 5_000);
}

test('are read again after each edit, also once another folder was put in their place', async () => {
  await watchIt();
  await cp(dir, join(root, 'next'), { recursive: true });
  await rename(dir, join(root, 'before'));
  await rename(join(root, 'next'), dir);
  await callAna('Ana Second');
  await heardThatAnaIs('Ana Second');
  await callAna('Ana Third');
  await heardThatAnaIs('Ana Third');
});

test('are read again when a link leads to the file that is edited', async () => {
  const [link, file] = [join(dir, 'roster.yml'), join(root, 'roster.yml')];
  await rename(link, file);
  await symlink(file, link);
  await watchIt();
  await callAna('Ana Second');
  await heardThatAnaIs('Ana Second');
  await callAna('Ana Third');
  await heardThatAnaIs('Ana Third');
});
