import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { verbs } from '../../commands/index.ts';
import { sayUsage } from '../../commands/usage.ts';

const readme = readFileSync('README.md', 'utf8');

/** The cells of every table row, without what Markdown needs around them. */
const rows = readme
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));

it.each(verbs.map((verb) => [sayUsage(verb), verb.summary]))('tells of %s', (usage, summary) => {
  expect(rows).toContainEqual(['', `\`${usage}\``, summary, '']);
});

it('tells of no verb that does not exist', () => {
  const told = rows.map(([, usage = '']) => usage).filter((usage) => usage.startsWith('`/'));
  expect(told).toHaveLength(verbs.length);
});

it('lists the settings that there are, and no others', () => {
  const source = readFileSync('src/environment.ts', 'utf8');
  const settings = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
  const listed = rows.flatMap(([, cell = '']) => /^`([A-Z][A-Z_]+)`$/.exec(cell)?.[1] ?? []);
  expect(settings.length).toBeGreaterThan(0);
  expect(new Set(listed)).toEqual(new Set(settings));
});

it('names the scripts that there are', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/\bnpm run (?:-s )?([a-z:]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
