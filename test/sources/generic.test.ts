import { expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { generic } from '../../src/sources/generic.ts';

const parse = (value: unknown) => generic.parse(Buffer.from(JSON.stringify(value)))[0];

it('reads everything that a sender may say', () => {
  expect(
    parse({
      key: 'checkout-5xx',
      status: 'resolved',
      title: 'Checkout answers 5xx',
      summary: '12 % of requests',
      service: 'checkout',
      channel: 'stable',
      version: 'v1.5.0',
      severity: 'p0',
      starts_at: '2026-11-22T03:04:05Z',
      labels: { region: 'eu', code: 500, outage: true },
      url: 'https://shop.example/alerts/5xx',
      dashboard_url: 'https://shop.example/dashboards/5xx',
      runbook_url: 'https://wiki.example/5xx',
    }),
  ).toEqual({
    fingerprint: 'generic:checkout-5xx',
    place: expect.any(String) as string,
    status: 'resolved',
    title: 'Checkout answers 5xx',
    summary: '12 % of requests',
    service: 'checkout',
    channel: 'stable',
    version: '1.5.0',
    severity: 'P0',
    startsAt: Date.parse('2026-11-22T03:04:05Z'),
    labels: { region: 'eu', code: '500', outage: 'true' },
    url: 'https://shop.example/alerts/5xx',
    dashboard: 'https://shop.example/dashboards/5xx',
    runbook: 'https://wiki.example/5xx',
  });
});

it('needs no more than a key', () => {
  const alert = { fingerprint: 'generic:disk', status: 'firing', title: 'disk', summary: '', labels: {} };
  expect(parse({ key: 'disk' })).toEqual(alert);
  expect(parse({ key: 'disk', title: '', service: null, severity: ' ', version: null, url: '' })).toEqual(
    alert,
  );
  expect(parse({ key: 'disk', status: null, labels: null })).toEqual(alert);
  expect(parse({ key: 'disk', status: '' })).toEqual(alert);
});

it('tells by the words for service, channel and labels whether two of one key say the same of their place', () => {
  const placeOf = (said: object) => parse({ key: '5xx', ...said })?.place;
  const said = { service: 'checkout', channel: 'stable', labels: { region: 'eu', tier: 1 } };
  const labels = { tier: '1', region: 'eu' };
  expect(placeOf({ ...said, labels, status: 'resolved', severity: 'critical', summary: 'over' })).toBe(
    placeOf(said),
  );
  for (const other of [{ service: 'platform' }, { channel: '' }, { labels: { region: 'us' } }])
    expect(placeOf({ ...said, ...other })).not.toBe(placeOf(said));
  expect(placeOf({ service: 'stable' })).not.toBe(placeOf({ channel: 'stable' }));
  expect(parse({ key: '5xx', service: null, channel: ' ', labels: {} })).not.toHaveProperty('place');
});

it('has a title also when the key shows nothing', () => {
  expect(parse({ key: ' ' })?.title).toBe('Alert without a name');
});

it('keeps as labels what is no severity or version of ours, for policy and people to read', () => {
  expect(parse({ key: 'disk', severity: 'critical', version: 'build-881' })).toMatchObject({
    labels: { severity: 'critical', version: 'build-881' },
  });
  expect(parse({ key: 'disk', severity: 'critical', labels: { severity: 'info' } })?.labels).toEqual({
    severity: 'info',
  });
});

it.each([
  [{ starts_at: 'yesterday' }, 'startsAt'],
  [{ url: 'file:///etc/passwd' }, 'url'],
  [{ url: 'https://shop.example@evil.example/' }, 'url'],
  [{ dashboard_url: 'javascript:alert(1)' }, 'dashboard'],
  [{ runbook_url: 'wiki/5xx' }, 'runbook'],
  [{ version: '1.5' }, 'version'],
])('leaves out of %j what cannot be read', (said, field) => {
  expect(parse({ key: 'disk', ...said })).not.toHaveProperty(field);
});

it.each([
  [[], 'Invalid input: expected object, received array.'],
  [{}, 'key: Invalid input: expected string, received undefined.'],
  [{ key: '' }, 'key: Too small'],
  [{ key: 7 }, 'key: Invalid input: expected string, received number.'],
  [{ key: 'disk', status: 'ok' }, 'status: Invalid option: expected one of "firing"|"resolved"|"".'],
  [{ key: 'disk', service: ['a'] }, 'service: Invalid input: expected string, received array.'],
  [{ key: 'disk', labels: { a: {} } }, 'labels.a: Invalid input.'],
])('refuses %j, and says why', (said, why) => {
  expect(() => parse(said)).toThrow(MalformedBody);
  expect(() => parse(said)).toThrow(why);
});
