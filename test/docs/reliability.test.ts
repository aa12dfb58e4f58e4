import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/reliability.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| (?!---|threat |fault )/.test(line));
/** `file`: “title”, “another title” */
const proof = /`(test\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g;

describe('docs/reliability.md', () => {
  it('has a proof in every row', () => {
    expect(rows.filter((row) => row.search(proof) < 0)).toEqual([]);
    expect(rows.length).toBeGreaterThan(20);
  });

  const named = [...page.matchAll(proof)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => [file, title] as const),
  );

  it.each(named)('names a test of %s that exists: %s', (file, title) => {
    expect(existsSync(file)).toBe(true);
    expect(titlesIn(readFileSync(file, 'utf8'))).toContain(title);
  });
});

/** What stands in quotes: titles of tests, whether they are given to `test`, `describe`, `it.each` or `story`. */
function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(/'((?:[^'\\\n]|\\.)*)'/g)].map(([, text = '']) => text.replaceAll("\\'", "'"));
}
