import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { grafana } from '../../src/sources/grafana.ts';

const mixed = readFileSync('test/captures/grafana/mixed.json');
const parse = (value: unknown) => grafana.parse(Buffer.from(JSON.stringify(value)));

it('reads a group in which some fire and some have resolved', () => {
  const alerts = grafana.parse(mixed);
  expect(alerts.map(({ fingerprint, status }) => [fingerprint, status])).toEqual([
    ['grafana:aaafafe0953f0962', 'resolved'],
    ['grafana:fb31814ac93dbe7d', 'resolved'],
    ['grafana:6f9cd313db421ef1', 'firing'],
  ]);
  expect(alerts[2]).toEqual({
    fingerprint: 'grafana:6f9cd313db421ef1',
    status: 'firing',
    title: 'Second webhook test',
    summary: 'Testing **another** failing alert',
    labels: { alertname: 'Second webhook test', test: 'true' },
    group: { key: expect.any(String), leftOut: 0 },
    startsAt: Date.parse('2022-06-17T01:03:00.782Z'),
    url: 'https://grafana.example.com/alerting/grafana/_0rkK_C7z/view',
    runbook: 'https://example.com/',
  });
});

it.each([
  [
    { panelURL: 'https://grafana.example/d/1?viewPanel=2', dashboardURL: 'https://grafana.example/d/1' },
    '?viewPanel=2',
  ],
  [{ panelURL: '', dashboardURL: 'https://grafana.example/d/1' }, ''],
])('leads to the panel, or else to the dashboard: %j', (links, query) => {
  const alert = { status: 'firing', labels: {}, fingerprint: 'f', ...links };
  expect(parse({ version: '1', alerts: [alert] })).toMatchObject([
    { dashboard: `https://grafana.example/d/1${query}` },
  ]);
});

it('says the values when nobody wrote a summary, and how many of its group were left out', () => {
  const alert = { status: 'firing', labels: {}, fingerprint: 'f', valueString: "[ var='B' value=17 ]" };
  expect(parse({ version: '1', alerts: [alert], truncatedAlerts: 3 })).toMatchObject([
    { summary: "[ var='B' value=17 ]", group: { leftOut: 3 } },
  ]);
});

it.each([
  // Grafana 8 and before, whose alerts end with it.
  [
    { ruleId: 58, ruleName: 'Battery', state: 'alerting', title: '[Alerting]' },
    'version: Invalid input: expected "1"',
  ],
  [{ version: '1' }, 'alerts: Invalid input: expected array, received undefined.'],
])('refuses %j, and says why', (value, why) => {
  expect(() => parse(value)).toThrow(MalformedBody);
  expect(() => parse(value)).toThrow(why);
});
