import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { emptyFolder, lastgood, terminalOf, type Environment } from './support/run.ts';

const folder = emptyFolder();
let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

const nobodyThere = 'http://127.0.0.1:9';

describe('How it ends says what came of it:', () => {
  test.each<[number, 'stdout' | 'stderr', readonly string[], string, Environment?]>([
    [0, 'stdout', ['channels'], 'Release channels\nshop/stable: 1.5.0 live'],
    [0, 'stdout', ['incident', 'list', '--json'], '"title":"No incident is open"'],
    [0, 'stdout', ['--json', 'incident', 'list'], '"title":"No incident is open"'],
    [1, 'stderr', ['incident', 'ack'], 'No incident is open'],
    [1, 'stdout', ['incident', 'ack', '--json'], '"tone":"refused"'],
    [2, 'stderr', ['incident', 'akc'], 'Did you mean lastgood incident ack?'],
    [2, 'stderr', ['rollback', 'stabel', '1.4.2', 'x'], 'Usage: lastgood rollback'],
    [2, 'stderr', ['rollback', 'stable', '1.10', 'x'], '“1.10” is no version'],
    [78, 'stderr', ['channels'], 'LASTGOOD_URL is missing', { LASTGOOD_URL: '' }],
    [78, 'stderr', ['channels'], 'LASTGOOD_URL is no http(s) URL', { LASTGOOD_URL: 'hidden' }],
    [78, 'stderr', ['channels'], 'LASTGOOD_TOKEN is missing', { LASTGOOD_TOKEN: '' }],
    [78, 'stderr', ['channels'], 'LASTGOOD_TOKEN is no token', { LASTGOOD_TOKEN: 'hidden hidden' }],
    [
      78,
      'stderr',
      ['channels'],
      'LASTGOOD_TOKEN_FILE names a file',
      { LASTGOOD_TOKEN: '', LASTGOOD_TOKEN_FILE: '/hidden' },
    ],
    [78, 'stderr', ['channels'], 'This token is not known here', { LASTGOOD_TOKEN: 'hidden' }],
    [
      78,
      'stdout',
      ['channels', '--json'],
      '{"error":"This token is not known here',
      { LASTGOOD_TOKEN: 'hidden' },
    ],
    [1, 'stderr', ['channels'], 'say the same with --offline', { LASTGOOD_URL: nobodyThere }],
  ])('%i, on %s: %j', async (expected, where, words, said, env = {}) => {
    const { code, stdout, stderr } = await lastgood(words, { ...terminalOf(world, 'ana'), ...env });
    expect(code).toBe(expected);
    expect(where === 'stdout' ? stdout : stderr).toContain(said);
    expect(where === 'stdout' ? stderr : stdout).toBe('');
    expect(stdout + stderr).not.toMatch(/hidden/);
    // It is the JSON of the API, and nothing else.
    const isJson = words.includes('--json');
    expect(isJson ? JSON.stringify(JSON.parse(stdout)) : '').toBe(isJson ? stdout.trimEnd() : '');
  });
});

describe('What was typed arrives as it was typed:', () => {
  test.each([
    [['declare', 'P2', 'checkout', '--', '--weird', '-5% title'], '--weird -5% title'],
    [['declare', 'P2', 'checkout', '"quoted"'], '"quoted"'],
    [['declare', 'P2', 'checkout', 'completion', 'ack', 'help'], 'completion ack help'],
    [['declare', 'P2', 'checkout', 'version', '1.10', '007', '1e3'], 'version 1.10 007 1e3'],
    [['DECLARE', 'p2', 'checkout', 'two\nlines'], 'two lines'],
  ])('%j', async (words, title) => {
    const ben = terminalOf(world, 'ben');
    const { code, stdout } = await lastgood(['incident', ...words], ben);
    expect(code).toBe(0);
    expect(stdout).toContain(title);
    expect((await lastgood(['incident', 'resolve'], ben)).code).toBe(0);
  });
});

it('takes its token from a file, and stands in the timeline as the terminal', async () => {
  const file = join(folder.path, 'token');
  await writeFile(file, `${apiTokens.ana}\n`);
  const env = { LASTGOOD_URL: `${world.bot().url}/`, LASTGOOD_TOKEN_FILE: file };
  const { stdout } = await lastgood(['incident', 'declare', 'P1', 'checkout', 'by', 'hand'], env);
  const incident = /^(INC-\d+)/.exec(stdout)?.[1] ?? '';
  const timeline = await lastgood(['incident', 'timeline', incident], env);
  expect(timeline.stdout).toContain('Ana Ruiz (terminal)');
});

it('lets no alert steer the terminal', async () => {
  await world.deliver('generic', {
    key: 'escape',
    title: 'slow \u001B[2J\u009B31m\u202E',
    service: 'search',
    severity: 'P3',
    status: 'firing',
  });
  await world.settle();
  const env = terminalOf(world, 'reader');
  for (const words of [
    ['incident', 'list'],
    ['incident', 'list', '--json'],
  ]) {
    const { stdout } = await lastgood(words, env);
    expect(stdout).toContain('slow');
    expect(stdout).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_Control}/u);
  }
});
