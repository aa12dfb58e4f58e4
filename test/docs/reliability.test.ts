import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/reliability.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| (?!---|threat |fault )/.test(line));
/** `file`: “title”, “another title” */
const proof = /`(test\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g;

/** What Lastgood was built to withstand, by these names, before anybody had thought of more. */
const required = {
  Threats: [
    'forged Slack request',
    'replay',
    'forged webhook',
    'self-approval',
    'late approval',
    'wrong approver',
    'plan changed since',
    'double click',
    'command injection',
    'mention and link injection',
    'SSRF',
    'secret leak',
    'oversize, slow bodies',
    'prototype pollution',
    'path traversal',
    'stale button',
    'log tampering',
    'downgrade abuse',
  ],
  Faults: [
    'kill -9 at each step boundary (named failpoints)',
    'killed in the middle of a rollback',
    'Slack dead',
    'PagerDuty dead',
    'Sentry or GitHub dead',
    'everything dead',
    '429 storm',
    'dependencies answer in 30 s',
    'clock ±1 h, DST, suspend',
    'disk full, read-only',
    'corrupt state',
    'two replicas',
    'database unreachable',
    '10,000 alerts a minute',
    'duplicated, reordered webhooks',
    'SIGTERM',
    'the bot is dead',
  ],
} as const;

describe('docs/reliability.md', () => {
  it('has a proof in every row', () => {
    expect(rows.filter((row) => row.search(proof) < 0)).toEqual([]);
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(Object.entries(required))(
    'begins its %s with those that are required, in their order',
    (part, names) => {
      const section = page.split(/^## /m).find((text) => text.startsWith(part)) ?? '';
      const [table = ''] = section.split(/^### /m);
      const first = rows.filter((row) => table.includes(row)).map((row) => row.split('|')[1]?.trim());
      expect(first).toEqual(names);
    },
  );

  it('has each row once', () => {
    const names = rows.map((row) => row.split('|')[1]?.trim());
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(['test/threats', 'test/faults'])('leaves out no test of %s', (folder) => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
    const named = [...page.matchAll(proof)].map(([, file]) => file);
    expect(files.map((name) => `${folder}/${name}`).filter((file) => !named.includes(file))).toEqual([]);
    expect(files.length).toBeGreaterThan(10);
  });

  const named = [...page.matchAll(proof)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => [file, title] as const),
  );

  it.each(named)('names a test of %s that exists: %s', (file, title) => {
    expect(existsSync(file)).toBe(true);
    expect(titlesIn(readFileSync(file, 'utf8'))).toContain(title);
  });

  // For want of a server or a mount a test may be skipped by a condition that says so; in CI all of it is there.
  it.each([...new Set(named.map(([file]) => file))])('names nothing of %s that is switched off', (file) => {
    expect(readFileSync(file, 'utf8')).not.toMatch(
      /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|todo|only|fails)\b/,
    );
  });
});

/** What stands in quotes: titles of tests, whether they are given to `test`, `describe`, `it.each` or `story`. */
function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(/'((?:[^'\\\n]|\\.)*)'/g)].map(([, text = '']) => text.replaceAll("\\'", "'"));
}
