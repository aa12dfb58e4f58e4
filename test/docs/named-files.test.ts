import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const pages = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', ...pagesIn('docs')];

/** What the recipes make up: the file that you are about to write, and what a run leaves. */
const invented = [
  'commands/incident-mine.ts',
  'test/commands/incident-mine.test.ts',
  'src/executors/feature-flag.ts',
  'test/executors/feature-flag.test.ts',
  'src/pagers/sms.ts',
  'test/pagers/sms.test.ts',
  'src/sources/dynatrace.ts',
  'test/sources/dynatrace.test.ts',
  'src/core/policies/freezes.ts',
  'src/core/policies/check-freezes.ts',
  'policies/freezes.yml',
];

it.each(pages)('%s names only files and folders that exist', (page) => {
  const text = readFileSync(page, 'utf8');
  const named = [
    ...text.matchAll(/`((?:src|commands|policies|security|examples|test|docs|\.ci)\/[\w./-]*)`/g),
  ];
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)];
  const shown = [...text.matchAll(/ (?:src|srcset)="([^"]+)"/g)];
  const paths = [
    ...named.map(([, path = '']) => path),
    ...[...linked, ...shown].map(([, path = '']) => relative('.', join(dirname(page), path))),
  ];
  expect(paths.filter((path) => !existsSync(path) && !invented.includes(path))).toEqual([]);
});

// Not that they are missing: whoever follows a recipe to the letter writes them.
it('excuses only what a page names', () => {
  const all = pages.map((page) => readFileSync(page, 'utf8')).join('\n');
  expect(invented.filter((path) => !all.includes(path))).toEqual([]);
});

function pagesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path))
    .toSorted();
}
