import { symlink, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { verbs } from '../../commands/index.ts';
import { sayName, sayUsage } from '../../commands/usage.ts';
import { emptyFolder, lastgood, program } from './support/run.ts';

const folder = emptyFolder();
beforeAll(() => symlink(program, join(folder.path, 'lastgood')));
afterAll(folder.remove);

describe('lastgood help', () => {
  it('lists every verb as it is typed here, and what is done without a bot', async () => {
    const { code, stdout } = await lastgood(['help']);
    expect(code).toBe(0);
    for (const verb of verbs.filter(({ command }) => command !== 'lastgood')) {
      expect(stdout).toMatch(
        new RegExp(`^  lastgood ${literally(sayUsage(verb).slice(1))} +${literally(verb.summary)}$`, 'm'),
      );
    }
    for (const own of ['doctor', 'manifest', 'token', 'key', 'completion'])
      expect(stdout).toMatch(new RegExp(`^  lastgood ${own} `, 'm'));
    expect((await lastgood(['--help'])).stdout).toBe(stdout);
    expect(await lastgood([])).toEqual({ code: 0, stdout, stderr: '' });
  });

  it.each([
    ['rollback', 'lastgood rollback stable 1.4.2 checkout answers 500'],
    ['incident ack', 'lastgood incident ack INC-12'],
    ['incident', 'lastgood incident sev [incident] <P0|P1|P2|P3> <reason…>'],
    ['channels', 'lastgood channels set <channel> <version> <reason…>'],
  ])('of one verb shows its usage, summary, example and options: %s', async (words, said) => {
    const { code, stdout } = await lastgood([...words.split(' '), '--help']);
    const verb = verbs.find((each) => sayName(each) === `/${words}`);
    expect(code).toBe(0);
    for (const part of [said, verb?.summary ?? '', '--offline']) expect(stdout).toContain(part);
  });
});

test('lastgood --version says that of the package', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  expect(await lastgood(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('it runs by a link, from another folder', () => {
  const ran = spawnSync(process.execPath, [join(folder.path, 'lastgood'), 'help'], { cwd: folder.path });
  expect(ran.status).toBe(0);
});

test('manifest slack prints what manifest.yml holds, and for an address of your own what it needs', async () => {
  expect((await lastgood(['manifest', 'slack'])).stdout).toBe(await readFile('manifest.yml', 'utf8'));
  const { stdout } = await lastgood(['manifest', 'slack', '--http', 'https://lastgood.example.com']);
  expect(stdout).toContain('request_url: https://lastgood.example.com/slack/events');
  expect(stdout).toContain('socket_mode_enabled: false');
});

describe('What was mistyped is told with what was meant, and exit 2:', () => {
  test.each([
    [['tokne'], 'There is no command “tokne”. Did you mean token?'],
    [['rolback', 'stable'], 'Did you mean rollback?'],
    [['xyzzy'], 'Known: rollback, promote, incident'],
    [['token'], 'Say what to do: create.'],
    [['token', 'create'], 'A word is missing.'],
    [['key', 'create', 'x'], 'Unknown argument: x'],
    [['manifest', 'slack', '--http', 'http://here'], 'takes an https URL'],
    [['rollback', 'stable', '1.4.2', '--weird', 'reason'], 'put -- before it'],
    [['channels', '--as'], 'Not enough arguments following: as'],
    [['channels', '--as', 'ana'], '--as goes with --offline'],
    [['rollback', 'stable', 'last-good', 'x', '--offline', '--wait'], '--wait needs the running bot'],
  ])('%j', async (words, said) => {
    const { code, stdout, stderr } = await lastgood(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});

function literally(text: string): string {
  return text.replace(/[|\\{}()[\]^$+*?.]/g, '\\$&');
}
