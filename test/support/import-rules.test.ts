import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const oxlint = join(project, 'node_modules/oxlint/bin/oxlint');

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'lastgood-imports-'));
  for (const file of ['.oxlintrc.json', 'test/support/import-rules.mjs']) {
    cpSync(join(project, file), join(tree, file));
  }
});

afterEach(() => {
  rmSync(tree, { recursive: true });
});

/** Lints one file of a small project of its own, in which nobody uses what is imported. */
function lint(file: string, code: string): string[] {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), code);
  return complaints(tree, '--allow=no-unused-vars', file);
}

/** @returns `file:line rule: message` for each complaint of the linter in the project at `root`. */
function complaints(root: string, ...args: string[]): string[] {
  interface Report {
    diagnostics: { code: string; message: string; filename: string; labels: { span: { line: number } }[] }[];
  }
  let output: string;
  try {
    output = execFileSync(process.execPath, [oxlint, '--format=json', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  } catch (error) {
    output = (error as { stdout: string }).stdout; // it exits 1 when it has something to say
  }
  const { diagnostics } = JSON.parse(output) as Report;
  return diagnostics.map(
    ({ code, message, filename, labels }) => `${filename}:${labels[0]?.span.line} ${code}: ${message}`,
  );
}

it.each([
  ['src/core/incident/decide.ts', `import { post } from '../../slack/post.ts';`],
  ['src/core/incident/decide.ts', `import type { Card } from '../../slack/card.ts';`],
  ['src/core/incident/decide.ts', `export * from '../../store/store.ts';`],
  ['src/core/incident/decide.ts', `export { open } from '../../store/sqlite.ts';`],
  ['src/core/incident/decide.ts', `export const lazily = () => import('../../engine/engine.ts');`],
  ['src/core/plan.ts', `import { readFileSync } from 'node:fs';`],
  ['src/gates/slo.ts', `import { open } from '../store/sqlite.ts';`],
  ['commands/rollback.ts', `import { submit } from '../src/engine/engine.ts';`],
  ['src/engine/engine.ts', `import { open } from '../store/sqlite.ts';`],
  ['src/pagers/mail.ts', `import { post } from '../slack/post.ts';`],
  ['src/store/documents.ts', `import { rollback } from '../../commands/rollback.ts';`],
  ['src/trust/identity.ts', `import { policies } from '../policies/load.ts';`],
  ['src/slack/app.ts', `export const plugin = (name: string) => import(name);`],
  ['src/main.ts', `import { clock } from '../test/support/clock.ts';`],
])('%s must not say: %s', (file, code) => {
  expect(lint(file, code)).toEqual([
    expect.stringMatching(`${file}:1 lastgood\\(who-imports-whom\\): .* must not import `),
  ]);
});

it.each([
  ['src/core/incident/decide.ts', `import { z } from 'zod';`],
  ['src/core/version.ts', `import valid from 'semver/functions/valid.js';`],
  ['src/core/plan.ts', `import { createHash } from 'node:crypto';`],
  ['commands/rollback.ts', `import { version } from '../src/core/version.ts';`],
  ['src/engine/engine.ts', `import type { Store } from '../store/store.ts';`],
  ['src/store/sqlite.ts', `import { Database } from '@photostructure/sqlite';`],
  ['src/slack/commands.ts', `import { rollback } from '../../commands/rollback.ts';`],
  ['src/http/server.ts', `import { signature } from '../trust/signature.ts';`],
  ['src/main.ts', `import { open } from './store/sqlite.ts';`],
  ['src/sandbox/start.ts', `import { main } from '../main.ts';`],
])('%s may say: %s', (file, code) => {
  expect(lint(file, code)).toEqual([]);
});

it.each([
  [`export const at = Date.now();`, 'Date.now'],
  [`export const at = new Date();`, 'The time comes in with the intent'],
  [`export const dice = Math.random();`, 'Math.random'],
  [`import { randomUUID } from 'node:crypto';\nexport const id = randomUUID;`, 'randomUUID'],
  [`export const home = process.env.HOME;`, 'process.env'],
  [`export const later = async () => undefined;`, 'async'],
])('the core must not say: %s', (code, complaint) => {
  expect(lint('src/core/incident/decide.ts', code)).toContainEqual(expect.stringContaining(complaint));
});

it('reads a given time in the core', () => {
  expect(lint('src/core/time.ts', `export const day = (at: number) => new Date(at).getUTCDay();`)).toEqual(
    [],
  );
});

it('reads the environment in config.ts and env-file.ts, and not in main.ts', () => {
  const code = `export const port = process.env['PORT'];`;
  expect(lint('src/config.ts', code)).toEqual([]);
  expect(lint('src/env-file.ts', code)).toEqual([]);
  expect(lint('src/main.ts', code)).toEqual([expect.stringContaining('src/main.ts:1 node(no-process-env)')]);
});

it('refuses a folder that nobody gave a zone', () => {
  expect(lint('src/utils/strings.ts', 'export const empty = "";')).toEqual([
    expect.stringContaining('src/utils/strings.ts is in no zone'),
  ]);
});

it('finds no breach in this project', () => {
  expect(complaints(project, 'src', 'commands').filter((line) => line.includes(' lastgood('))).toEqual([]);
});
