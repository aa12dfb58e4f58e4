import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { routeAlert } from '../../src/core/incident/route-alert.ts';
import { channelOfDeployment } from '../../src/core/policies/deployments.ts';
import { MalformedBody, type Alert } from '../../src/core/source.ts';
import { parseVersion } from '../../src/core/version.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { readDeployment } from '../../src/sources/github.ts';
import { alertSources } from '../../src/sources/index.ts';
import { readPagerdutyEvent } from '../../src/sources/pagerduty.ts';
import { given, policies, start } from '../support/given.ts';
import { nearly, nearlyText } from './support/near.ts';

const capture = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../captures/${path}.json`, import.meta.url), 'utf8'));

const genericAlert = {
  key: 'checkout-5xx',
  status: 'firing',
  title: 'Checkout answers 500',
  summary: 'since 03:00',
  service: 'checkout',
  channel: 'stable',
  version: '1.5.0',
  severity: 'critical',
  starts_at: '2026-11-22T03:00:00Z',
  labels: { team: 'shop', shard: 7, new: true },
  url: 'https://grafana.example/d/1',
};

/** What each source really sends, as it was captured. */
const genuine: Readonly<Record<string, readonly unknown[]>> = {
  alertmanager: [
    capture('alertmanager/02-firing-HighErrorRate-2alerts'),
    capture('alertmanager/03-resolved-InstanceDown-1alerts'),
  ],
  generic: [genericAlert],
  grafana: [capture('grafana/mixed')],
  sentry: [
    capture('sentry/event_alert.triggered_with_alert_rule_action'),
    capture('sentry/metric_alert.critical'),
    capture('sentry/installation.created'),
  ],
  pagerduty: [capture('pagerduty/incident.resolved')],
  github: [capture('github/deployment_status.success'), capture('github/ping')],
};

test('Every source has something genuine to begin with', () => {
  expect(Object.keys(genuine)).toEqual(expect.arrayContaining([...alertSources.keys()]));
});

/** Nearly right JSON, nearly right text, and now and then just bytes. */
const bodies = (source: string): fc.Arbitrary<Buffer> =>
  fc
    .oneof(
      {
        weight: 6,
        arbitrary: nearly(...(genuine[source] ?? [])).map((value) => JSON.stringify(value) ?? ''),
      },
      { weight: 2, arbitrary: nearlyText(JSON.stringify(genuine[source]?.[0])) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    )
    .map((body) => (typeof body === 'string' ? Buffer.from(body) : Buffer.from(body)));

/** What somebody else wrote into an unsigned header. */
const headers = fc.record(
  {
    'sentry-hook-resource': fc.constantFrom('event_alert', 'metric_alert', 'issue', '__proto__'),
    'x-github-event': fc.constantFrom('deployment_status', 'ping', 'constructor'),
  },
  { requiredKeys: [] },
);

/** @returns undefined where the body is none, which a source says in one way only, and briefly */
function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedBody);
    expect((error as Error).message.length).toBeLessThan(3_000);
    return undefined;
  }
}

/** One line without anything that could disguise it. */
const clean = (limit: number) =>
  expect.stringMatching(new RegExp(`^[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Cs}]{0,${limit}}$`, 'u'));

function expectFit(alert: Alert): void {
  const { fingerprint, title, summary, labels, url, version, startsAt } = alert;
  expect(fingerprint).toMatch(/^[a-z]+:[\x21-\x7e]{1,210}$/);
  expect([title, summary]).toEqual([clean(200), clean(2_100)]);
  expect(title).not.toBe('');
  expect(Object.keys(labels).length).toBeLessThanOrEqual(64);
  for (const label of Object.entries(labels)) expect(label).toEqual([clean(300), clean(300)]);
  if (url !== undefined)
    expect([new URL(url).protocol, new URL(url).username]).toEqual([expect.stringMatching(/^https?:$/), '']);
  if (version !== undefined) expect(parseVersion(version)).toBe(version);
  if (startsAt !== undefined) expect(new Date(startsAt).getTime()).toBe(startsAt);
}

test.each([...alertSources])(
  '%s: whatever comes, it is an alert that can be shown, or malformed',
  (name, source) => {
    let read = 0;
    fc.assert(
      fc.property(bodies(name), headers, (body, said) => {
        const alerts = understood(() => source.parse(body, said));
        if (!alerts || 'ignored' in alerts) return;
        read += alerts.length;
        for (const alert of alerts) expectFit(alert);
        const routed = alerts.map((alert) => ({ alert, route: routeAlert(alert, policies) }));
        for (const { route } of routed)
          expect(policies.services.services[route.service]?.app).toBe(route.app);
        const { app, channel } = routed[0]?.route ?? { app: 'shop', channel: 'stable' };
        const together = routed.filter(({ route }) => route.app === app && route.channel === channel);
        if (!together.some(({ alert }) => alert.status === 'firing')) return;
        const { state } = given(incidentKind).when({ type: 'alerts.receive', alerts: together });
        const { blocks } = incidentCard(state, start);
        expect(refuseBlocks(blocks)).toBeUndefined();
        // Times are ours.
        expect(JSON.stringify(blocks).replace(/<!date\^\d+\^[^|<>]*\|[^|<>]*>/g, '')).not.toMatch(/[<>]/);
      }),
      { numRuns: 250 },
    );
    // It would prove nothing if all of them were malformed.
    expect(read).toBeGreaterThan(20);
  },
);

test('pagerduty: whatever comes, it is about an incident of ours, changes nothing, or is malformed', () => {
  fc.assert(
    fc.property(bodies('pagerduty'), (body) => {
      const read = understood(() => readPagerdutyEvent(body));
      if (!read || 'ignored' in read) return;
      expect(read.incident).toMatch(/^INC-[1-9]\d{0,9}$/);
      const { user, assignees, occurredAt } = read.report;
      expect([...assignees, user?.name ?? '', user?.id ?? '']).toEqual(
        Array.from({ length: assignees.length + 2 }, () => clean(300)),
      );
      if (occurredAt !== undefined) expect(new Date(occurredAt).getTime()).toBe(occurredAt);
    }),
    { numRuns: 400 },
  );
});

test('github: whatever comes, it is a version on a channel of ours, changes nothing, or is malformed', () => {
  fc.assert(
    fc.property(bodies('github'), headers, (body, said) => {
      const read = understood(() => readDeployment(body, said));
      if (!read || 'ignored' in read) return;
      expect(parseVersion(read.version)).toBe(read.version);
      expect(read.id).toMatch(/^-?\d{1,16}$/);
      const channel = channelOfDeployment(policies.channels, read);
      if (channel) expect(policies.channels.apps[channel.app]?.channels).toHaveProperty(channel.channel);
    }),
    { numRuns: 400 },
  );
});
