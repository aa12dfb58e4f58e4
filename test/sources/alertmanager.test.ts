import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { alertmanager } from '../../src/sources/alertmanager.ts';

const captured = (name: string): Promise<Buffer> => readFile(`test/captures/alertmanager/${name}.json`);
const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const down = {
  status: 'firing',
  labels: { alertname: 'Down', service: 'checkout', severity: 'critical' },
  annotations: { summary: 'It is down' },
  startsAt: '2026-11-22T01:30:04.52Z',
  fingerprint: '8787e471719c86d9',
};
const notification = (...alerts: readonly unknown[]) => ({ version: '4', alerts });

it('reads what Alertmanager sends', async () => {
  expect(alertmanager.parse(await captured('01-firing-InstanceDown-1alerts'))).toEqual([
    {
      fingerprint: 'alertmanager:8787e471719c86d9',
      status: 'firing',
      title: 'InstanceDown',
      summary: 'Instance 127.0.0.1:47413 down',
      labels: {
        alertname: 'InstanceDown',
        cluster: 'demo',
        instance: '127.0.0.1:47413',
        job: 'api',
        service: 'api',
        severity: 'critical',
      },
      group: { key: expect.any(String), leftOut: 0 },
      startsAt: Date.parse('2026-11-22T01:30:04.52Z'),
      url: 'http://vm:47412/graph?g0.expr=up%7Bjob%3D%22api%22%7D+%3D%3D+0&g0.tab=1',
      runbook: 'https://runbooks.example.com/instance-down',
    },
  ]);
});

it.each([
  ['01-firing-InstanceDown-1alerts', '03-resolved-InstanceDown-1alerts'],
  ['02-firing-HighErrorRate-2alerts', '04-resolved-HighErrorRate-2alerts'],
])('knows the alerts of %s again in %s', async (firing, resolved) => {
  const before = alertmanager.parse(await captured(firing));
  const after = alertmanager.parse(await captured(resolved));
  expect(before.map(({ status }) => status)).toEqual(before.map(() => 'firing'));
  expect(after).toEqual(before.map((alert) => ({ ...alert, status: 'resolved' })));
});

it('reads the same alerts in whatever order they and their labels come', () => {
  const up = { ...down, labels: { alertname: 'Slow' }, fingerprint: 'ffff' };
  const turned = { ...down, labels: Object.fromEntries(Object.entries(down.labels).toReversed()) };
  expect(alertmanager.parse(body(notification(up, turned)))).toEqual(
    alertmanager.parse(body(notification(down, up))).toReversed(),
  );
});

it('knows an alert without a fingerprint by its labels', () => {
  const { fingerprint: _, ...old } = down;
  const turned = { ...old, labels: Object.fromEntries(Object.entries(down.labels).toReversed()) };
  const other = { ...old, labels: { ...down.labels, instance: 'web-2' } };
  const [first, again, another] = alertmanager.parse(body(notification(old, turned, other)));
  expect(first?.fingerprint).toMatch(/^alertmanager:[0-9a-f]{64}$/);
  expect(again?.fingerprint).toBe(first?.fingerprint);
  expect(another?.fingerprint).not.toBe(first?.fingerprint);
});

it('says of which group each alert is, and how many of that were left out', () => {
  const group = (groupKey: string, truncatedAlerts?: number) =>
    alertmanager
      .parse(body({ ...notification(down, down), groupKey, truncatedAlerts }))
      .map((alert) => alert.group);
  const [first, second] = group('{}:{service="checkout"}', 12);
  expect(first).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/), leftOut: 12 });
  expect(second).toEqual(first);
  expect(group('{}:{service="checkout"}')[0]).toEqual({ ...first, leftOut: 0 });
  expect(group('{}:{service="platform"}', 12)[0]?.key).not.toBe(first?.key);
});

it('takes the description for a missing summary, and leaves out what says nothing', () => {
  const bare = {
    status: 'firing',
    labels: {},
    annotations: { description: 'Gone' },
    startsAt: '0001-01-01T00:00:00Z',
  };
  const linked = { ...bare, fingerprint: 'f', generatorURL: 'javascript:alert(1)' };
  expect(alertmanager.parse(body(notification(linked)))).toEqual([
    {
      fingerprint: 'alertmanager:f',
      status: 'firing',
      title: 'Alert without a name',
      summary: 'Gone',
      labels: {},
      group: { key: expect.any(String), leftOut: 0 },
    },
  ]);
});

it('drops fields that it does not know', () => {
  const [alert] = alertmanager.parse(
    body({ ...notification({ ...down, severity: 'P0', channel: 'canary' }), new: 1 }),
  );
  expect(alert).not.toHaveProperty('severity');
  expect(alert).not.toHaveProperty('channel');
});

it.each([
  ['{', 'The body is not JSON in UTF-8.'],
  ['"\xff"', 'The body is not JSON in UTF-8.'],
  ['null', 'Invalid input: expected object, received null.'],
  ['{"version":"3","alerts":[]}', 'version: Invalid input: expected "4".'],
  ['{"version":"4"}', 'alerts: Invalid input: expected array, received undefined.'],
  [
    '{"version":"4","alerts":[{"status":"pending","labels":{}}]}',
    'alerts.0.status: Invalid option: expected one of "firing"|"resolved".',
  ],
  [
    '{"version":"4","alerts":[{"status":"firing","labels":{"a":1}}]}',
    'alerts.0.labels.a: Invalid input: expected string, received number.',
  ],
])('refuses %s, and says why', (text, why) => {
  const parse = () => alertmanager.parse(Buffer.from(text, 'latin1'));
  expect(parse).toThrow(MalformedBody);
  expect(parse).toThrow(why);
});
