import { expect, test } from 'vitest';
import { asTyped, inTerminal } from '../../src/terminal/in-terminal.ts';
import { spawnSync } from 'node:child_process';

test.each([
  ['If it is: /operation approve OP-1 0f3c', 'If it is: lastgood operation approve OP-1 0f3c'],
  ['To see what is open: “/incident list”.', 'To see what is open: “lastgood incident list”.'],
  ['/lastgood help, /lastgood', 'lastgood help, lastgood'],
  ['say it with /channels.', 'say it with lastgood channels.'],
  ['Did you mean /incident ack?', 'Did you mean lastgood incident ack?'],
])('%s', (said, typed) => {
  expect(asTyped(said)).toBe(typed);
  expect(asTyped(typed)).toBe(typed);
});

test.each([
  'https://shop.example/incident/12',
  'https://grafana.example/explore?path=/promote&from=/rollback#/channels',
  'api/v1/channels',
  'policies/channels.yml',
  '/incidents',
  '/incident.json',
  '/rollback-now',
  'and/or',
])('%s is nothing that anybody types', (text) => {
  expect(asTyped(text)).toBe(text);
});

test('what is there word for word stays as it came', () => {
  const title = 'slack/1, received 2026-11-22 03:00 UTC (word for word)';
  const answer = {
    tone: 'info',
    title,
    lines: ['command: /rollback', 'text: stable since 02:50 UTC'],
  } as const;
  expect(inTerminal(answer, 0)).toEqual(answer);
});

test('a moment is said in the zone of the terminal, with its name', () => {
  const source = new URL('../../dist/src/terminal/in-terminal.js', import.meta.url).href;
  const script = `
    const { inTerminal, sayLocalTime } = await import('${source}');
    const at = Date.parse('2026-11-22T23:30:00Z');
    const lines = ['until 23:45:00 UTC', 'down 23:20:00–23:30:00 UTC', 'since 2026-07-01 22:30 UTC'];
    console.log(JSON.stringify([
      sayLocalTime(at),
      inTerminal({ tone: 'info', title: '', lines }, at).lines,
      inTerminal({ tone: 'info', title: 'Timeline (UTC)', lines }, at).lines,
    ]));`;
  const said = (TZ: string): unknown => {
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { TZ },
      encoding: 'utf8',
    });
    return JSON.parse(ran.stdout);
  };
  const inUtc = ['until 23:45:00 UTC', 'down 23:20:00–23:30:00 UTC', 'since 2026-07-01 22:30 UTC'];
  expect(said('Europe/Berlin')).toEqual([
    '00:30:00 CET',
    ['until 00:45:00 CET', 'down 00:20:00–00:30:00 CET', 'since 2026-07-02 00:30 CEST'],
    inUtc,
  ]);
  expect(said('UTC')).toEqual(['23:30:00 UTC', inUtc, inUtc]);
});
