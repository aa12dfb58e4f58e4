import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { readEnvironment, type Environment } from '../../src/env-file.ts';
import { refusedStart } from '../faults/support/process.ts';
import { lastgood } from './support/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-env-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(text: string, real: Environment = {}) {
  const path = join(folder, '.env');
  await writeFile(path, text);
  return readEnvironment(real, path);
}

describe('What .env says', () => {
  it.each([
    ['NAME=value', 'value'],
    ['  NAME = value  ', 'value'],
    ['export NAME=value', 'value'],
    ['\uFEFFNAME=value', 'value'],
    ['# NAME=other\r\n\r\nNAME=value # a comment\r\nNEXT=1', 'value'],
    ['NAME=two words', 'two words'],
    [`NAME='{"a":"b # c"}' # a comment`, '{"a":"b # c"}'],
    ['NAME="one\ntwo"\nNEXT=1', 'one\ntwo'],
    ['NAME=a=b', 'a=b'],
    ['NAME=', ''],
    ['NAME= # to be filled in', ''],
  ])('is taken: %j', async (text, value) => {
    expect(await read(text)).toMatchObject({ ok: true, env: { NAME: value } });
  });

  it.each<[string, Environment]>([
    ['NAME', { NAME: 'real' }],
    ['NAME', { NAME_FILE: '/real' }],
    ['NAME_FILE', { NAME: 'real' }],
  ])('gives way to the real environment: %s to %j', async (name, real) => {
    expect(await read(`${name}=hidden`, real)).toEqual({ ok: true, env: real });
  });

  it('stands in for what is set to nothing', async () => {
    expect(await read('NAME=value', { NAME: '', OTHER: 'x' })).toEqual({
      ok: true,
      env: { NAME: 'value', OTHER: 'x' },
    });
  });

  it('need not be there', () => {
    expect(readEnvironment({ NAME: 'x' }, join(folder, 'none'))).toEqual({ ok: true, env: { NAME: 'x' } });
  });
});

describe('A mistake is told with its line, and never with the value:', () => {
  test.each([
    ['A=1\nhidden value\n', 'line 2: expected NAME=value, or # and a comment'],
    ['A-B=hidden', 'line 1: expected NAME=value'],
    ['\tA=hidden', 'line 1: expected NAME=value'],
    ['A=hidden\n\nA=hidden', 'line 3: A is set in line 1 already'],
    ['A=hid#den', 'line 1: A holds a #, which begins a comment'],
    ['A=#hidden', 'line 1: A holds a #, which begins a comment'],
    ['A=1\nB="hidden\nC=hidden', 'line 2: the quote that opens B is never closed'],
    [`A='hid'den'`, 'line 1: something stands behind the closing quote of A'],
    [
      'A="hidden\nB=hidden\nC="hidden"',
      'line 3: something stands behind the closing quote of A, which opens in line 1',
    ],
  ])('%j', async (text, problem) => {
    const mistaken = await read(text);
    const problems = mistaken.ok ? '' : mistaken.problems.join('\n');
    expect(problems).toContain(problem);
    expect(problems).not.toMatch(/hid/);
  });

  it.each([
    ['A=1\nnonsense\nB=2', { A: '1', B: '2' }],
    ['A="1\nB=2\nnonsense', { B: '2' }],
    ['A="1\nB=2\nC="3"', { B: '2', C: '3' }],
    ['A=1\nA=2\nB="3\n4"\nC=5#6', { A: '1', B: '3\n4' }],
  ])('but the other lines can be read: %j', async (text, env) => {
    const { ok, env: sound } = await read(text);
    expect({ ok, sound }).toEqual({ ok: false, sound: env });
  });

  it('and one that cannot be read is told, too', async () => {
    await mkdir(join(folder, '.env'));
    expect(readEnvironment({}, join(folder, '.env'))).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('cannot be read (EISDIR)')],
    });
  });
});

describe('It is read', () => {
  it('by the terminal, where that is started, without a warning', async () => {
    await writeFile(join(folder, '.env'), 'LASTGOOD_URL=http://127.0.0.1:9\nLASTGOOD_TOKEN=hidden\n');
    const { code, stderr } = await lastgood(['channels'], {}, folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The bot at http:\/\/127\.0\.0\.1:9\/ cannot be reached/);
    expect(stderr).not.toMatch(/hidden|Warning/);
  });

  it('by the terminal, which tells its mistakes', async () => {
    await writeFile(join(folder, '.env'), 'hidden\n');
    const ran = await lastgood(['channels'], {}, folder);
    expect(ran).toEqual({
      code: 78,
      stdout: '',
      stderr: '.env line 1: expected NAME=value, or # and a comment\n',
    });
  });

  it('by the bot, which tells its mistakes', async () => {
    await writeFile(join(folder, '.env'), 'PORT=hidden-port\n');
    const wrong = await refusedStart({}, folder);
    expect(wrong).toMatchObject({ code: 78, stderr: expect.stringContaining('  PORT is no port number') });
    await writeFile(join(folder, '.env'), 'PORT=3000\nPORT=hidden\n');
    const mistaken = await refusedStart({}, folder);
    expect(mistaken).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('  .env line 2: PORT is set in line 1 already'),
    });
    expect(wrong.stderr + mistaken.stderr).not.toMatch(/hidden|Warning/);
  });
});
