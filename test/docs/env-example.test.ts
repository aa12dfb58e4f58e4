import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/env-file.ts';

const lines = readFileSync('.env.example', 'utf8').split('\n');
const named = lines.flatMap((line) => /^#?([A-Z_]+)=/.exec(line)?.[1] ?? []);

/** Read by the terminal, and by nobody else. */
const ofTerminal = ['LASTGOOD_URL', 'LASTGOOD_TOKEN'];

/** In folders of their own, so that an update of Lastgood does not meet what a team has written. */
const own = { POLICIES_DIR: './config/policies', SECURITY_DIR: './config/security' };

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

  it('is read without a complaint, and until it is filled in sets only where a team’s own files are', () => {
    const read = readEnvironment({}, '.env.example');
    const set = Object.entries(read.env).filter(([, value]) => value !== '');
    expect(read.ok && Object.fromEntries(set)).toEqual(own);
  });

  it('names folders that README.md has one make, compose.yml mounts and Git leaves alone', () => {
    const texts = ['README.md', 'compose.yml', '.gitignore'].map((file) => readFileSync(file, 'utf8'));
    const [readme = '', compose = '', ignored = ''] = texts;
    expect(readme).toContain('mkdir -p config && cp -r policies security config/');
    for (const folder of Object.values(own)) expect(compose).toContain(`- ${folder}:/config/`);
    expect(ignored.split('\n')).toContain('config/');
  });
});
