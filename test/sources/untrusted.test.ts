import { expect, it } from 'vitest';
import { alertSources } from '../../src/sources/index.ts';
import { fingerprintOf } from '../../src/sources/untrusted.ts';

/** One alert in the words of each source, with the same hostile text in every place for text. */
const bodies = (key: string, text: string): Readonly<Record<string, unknown>> => ({
  alertmanager: {
    version: '4',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: text, [key]: text },
        annotations: { summary: text },
        fingerprint: 'f',
      },
    ],
  },
  generic: { key: 'k', title: text, summary: text, service: text, channel: text, labels: { [key]: text } },
  grafana: {
    version: '1',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: text, [key]: text },
        annotations: { summary: text },
        fingerprint: 'f',
      },
    ],
  },
  sentry: {
    action: 'triggered',
    data: { event: { issue_id: 'i', title: text, culprit: text, release: text, tags: [[key, text]] } },
  },
});

/** What stands in the headers besides; only some sources read any. */
const headers = { 'sentry-hook-resource': 'event_alert' };

const parse = (source: string, json: string) => {
  const alerts = alertSources.get(source)?.parse(Buffer.from(json), headers) ?? [];
  const alert = 'ignored' in alerts ? undefined : alerts[0];
  if (!alert) throw new Error(`${source} read no alert`);
  return alert;
};

const sources = [...alertSources.keys()];

it('has the sources that the web server offers', () => {
  expect(sources).toEqual(['alertmanager', 'generic', 'grafana', 'sentry']);
});

it.each(sources)(
  '%s: no control character or change of direction comes through, and text stays on one line',
  (source) => {
    const hostile = 'a\u0000b\u001b[31m\r\n\u202ec\u2066d\u200e\u061ce\u2028f\ud800g';
    const alert = parse(source, JSON.stringify(bodies('la\u0000bel\u202e', hostile)[source]));
    const clean = 'a b [31m cde fg';
    expect(alert).toMatchObject({ title: clean, summary: clean });
    expect(alert.labels['la bel']).toBe(clean);
  },
);

it.each(sources)('%s: what is too long is cut and not refused', (source) => {
  const alert = parse(source, JSON.stringify(bodies('long', '😀'.repeat(5_000))[source]));
  expect(Array.from(alert.title)).toHaveLength(200);
  expect(alert.title.endsWith('😀…')).toBe(true);
  expect(Array.from(alert.summary)).toHaveLength(2_000);
  expect(Array.from(alert.labels['long'] ?? '')).toHaveLength(300);
});

it.each(sources)('%s: no more than 64 labels are kept', (source) => {
  const labels = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`l${index}`, 'x']));
  const bodiesOf = {
    alertmanager: { version: '4', alerts: [{ status: 'firing', labels }] },
    generic: { key: 'k', labels },
    grafana: { version: '1', alerts: [{ status: 'firing', labels }] },
    sentry: { action: 'triggered', data: { event: { issue_id: 'i', tags: Object.entries(labels) } } },
  };
  const { labels: kept } = parse(source, JSON.stringify(bodiesOf[source as keyof typeof bodiesOf]));
  expect(Object.keys(kept)).toHaveLength(64);
});

it.each(
  sources.flatMap((source) =>
    ['__proto__', 'constructor', 'prototype', 'toString'].map((key) => [source, key] as const),
  ),
)('%s: a label named %s reaches no prototype', (source, key) => {
  // JSON.parse makes an own key of `__proto__`; an object literal would not.
  const json = JSON.stringify(bodies('KEY', 'text')[source]).replaceAll('"KEY"', JSON.stringify(key));
  const nested = json.replace(
    '{',
    `{${JSON.stringify(key)}:{"severity":"P0","service":"checkout","polluted":true},`,
  );
  const alert = parse(source, nested);
  expect(Object.getPrototypeOf(alert)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(alert.labels)).toBe(Object.prototype);
  expect(Object.keys(alert.labels)).not.toContain('__proto__');
  expect(alert).not.toHaveProperty('severity');
  expect({}).not.toHaveProperty('polluted');
});

it.each([
  ['checkout-5xx', /^generic:checkout-5xx$/],
  ['k'.repeat(200), /^generic:k{200}$/],
  ['k'.repeat(201), /^generic:sha256-[0-9a-f]{64}$/],
  ['two words', /^generic:sha256-[0-9a-f]{64}$/],
  ['\u202e', /^generic:sha256-[0-9a-f]{64}$/],
])('the fingerprint of %s is %s', (key, expected) => {
  expect(fingerprintOf('generic', key)).toMatch(expected);
});

it('keeps keys apart that are the same at their beginning', () => {
  const long = 'k'.repeat(1_000);
  expect(fingerprintOf('generic', `${long}1`)).not.toBe(fingerprintOf('generic', `${long}2`));
});
