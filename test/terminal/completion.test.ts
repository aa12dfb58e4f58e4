import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slashCommands } from '../../commands/index.ts';
import { apiOf } from '../http/api-world.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { emptyFolder, lastgood, program, terminalOf, type Environment } from './support/run.ts';

const run = promisify(execFile);
const folder = emptyFolder();
let world: StillWorld;
let hash: string;

beforeAll(async () => {
  world = await stillWorld();
  const ana = apiOf(world, 'ana');
  await ana.command('incident', { line: 'declare P1 checkout slow' });
  await ana.command('rollback', { line: 'stable last-good slow' });
  ({ hash } = await world.operation('OP-1'));
  // `lastgood` on the path, as npm puts it there.
  const script = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  await writeFile(join(folder.path, 'lastgood'), script);
  await chmod(join(folder.path, 'lastgood'), 0o755);
  const { stdout } = await lastgood(['completion'], { SHELL: '/bin/bash' });
  await writeFile(join(folder.path, 'script'), stdout);
});
afterAll(async () => {
  await world.close();
  folder.remove();
});

/** What bash offers when somebody presses Tab behind the line, with the script that `lastgood completion` prints. */
async function offered(line: string, env: Environment): Promise<readonly string[]> {
  const words = line.split(' ');
  const bash = [
    'source ./script',
    'complete -p lastgood > /dev/null',
    'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))',
    '_lastgood_yargs_completions',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n');
  const { stdout, stderr } = await run('bash', ['--norc', '-c', bash, 'bash', ...words], {
    cwd: folder.path,
    env: { PATH: `${folder.path}${delimiter}${process.env['PATH']}`, ...env },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('In bash, Tab completes', () => {
  it.each<[string, () => readonly string[]]>([
    ['lastgood roll', () => ['rollback']],
    ['lastgood incident a', () => ['ack']],
    ['lastgood incident ack ', () => ['INC-1']],
    ['lastgood incident sev ', () => ['INC-1', 'P0', 'P1', 'P2', 'P3']],
    ['lastgood incident sev P0 ', () => []],
    ['lastgood incident declare P1 ', () => ['checkout', 'platform']],
    ['lastgood rollback s', () => ['stable']],
    ['lastgood rollback stable ', () => ['last-good', '1.4.2', '1.4.1']],
    ['lastgood rollback stable 1.4.', () => ['1.4.2', '1.4.1']],
    ['lastgood promote ', () => ['canary']],
    ['lastgood promote canary ', () => ['stable']],
    ['lastgood promote canary stable ', () => ['1.6.0-rc.1', 'override']],
    ['lastgood help roll', () => ['rollback']],
    ['lastgood operation approve ', () => ['OP-1']],
    ['lastgood operation approve OP-1 ', () => [hash]],
    ['lastgood operation settle OP-1 f', () => ['failed']],
    ['lastgood channels ', () => ['set']],
    ['lastgood channels set ', () => ['stable', 'canary']],
    ['lastgood token create a', () => ['api']],
    ['lastgood rollback --js', () => ['--json']],
  ])('%s', async (line, expected) => {
    expect(await offered(line, terminalOf(world, 'reader'))).toEqual(expected());
  });

  it('the first word: every verb, and what is done without a bot', async () => {
    const words = await offered('lastgood ', {});
    for (const command of slashCommands.filter((each) => each !== 'lastgood'))
      expect(words).toContain(command);
    expect(words).toEqual(
      expect.arrayContaining(['doctor', 'token', 'key', 'manifest', 'help', 'completion']),
    );
  });
});

describe('While the bot is away', () => {
  it('the files say what there is', async () => {
    const { policiesDir, securityDir } = world.settings;
    const away = {
      LASTGOOD_URL: 'http://127.0.0.1:9',
      LASTGOOD_TOKEN: 'x',
      POLICIES_DIR: policiesDir,
      SECURITY_DIR: securityDir,
    };
    expect(await offered('lastgood channels set c', away)).toEqual(['canary']);
    expect(await offered('lastgood rollback stable 1.', away)).toEqual(['1.4.2', '1.4.1']);
    expect(await offered('lastgood promote canary ', away)).toEqual(['stable']);
    expect(await offered('lastgood oncall ch', away)).toEqual(['checkout']);
    expect(await offered('lastgood incident ack ', away)).toEqual([]);
  });

  it('and without any, it is silent', async () => {
    expect(await offered('lastgood rollback ', {})).toEqual([]);
  });
});

it('prints a script for zsh, too', async () => {
  const { stdout } = await lastgood(['completion'], { SHELL: '/bin/zsh' });
  expect(stdout).toContain('compdef _lastgood_yargs_completions lastgood');
});
