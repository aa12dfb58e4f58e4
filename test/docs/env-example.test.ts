import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/env-file.ts';

const lines = readFileSync('.env.example', 'utf8').split('\n');
const named = lines.flatMap((line) => /^#?([A-Z_]+)=/.exec(line)?.[1] ?? []);

/** Read by the terminal, and by nobody else. */
const ofTerminal = ['LASTGOOD_URL', 'LASTGOOD_TOKEN'];

describe('.env.example', () => {
  it('holds every setting that there is, and no other', () => {
    const source = readFileSync('src/environment.ts', 'utf8');
    const settings = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = '']) => name);
    expect(new Set(named)).toEqual(new Set([...settings, ...ofTerminal]));
    expect(named).toHaveLength(new Set(named).size);
  });

  it('says a word about each', () => {
    const bare = lines.filter(
      (line, index) => /^#?[A-Z_]+=/.test(line) && !/^# \S/.test(lines[index - 1] ?? ''),
    );
    expect(bare).toEqual([]);
  });

  it('is read without a complaint, and sets nothing until it is filled in', () => {
    const read = readEnvironment({}, '.env.example');
    expect(read.ok && new Set(Object.values(read.env))).toEqual(new Set(['']));
  });
});
