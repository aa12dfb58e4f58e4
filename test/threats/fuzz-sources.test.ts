import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { routeAlert } from '../../src/core/incident/route-alert.ts';
import { channelOfDeployment } from '../../src/core/policies/deployments.ts';
import { MalformedBody, type Alert, type KeptHeaders } from '../../src/core/source.ts';
import { parseVersion } from '../../src/core/version.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { readDeployment } from '../../src/sources/github.ts';
import { alertSources } from '../../src/sources/index.ts';
import { readPagerdutyEvent } from '../../src/sources/pagerduty.ts';
import { given, policies, start } from '../support/given.ts';
import { interpreted } from './support/interpreted.ts';
import { nearly, nearlyText } from './support/near.ts';
import { genuine as ofOurs } from './support/webhooks.ts';

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
  url: 'https://grafana.example/alerting/1',
  dashboard_url: 'https://grafana.example/d/1',
  runbook_url: 'https://wiki.example/1',
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
  pagerduty: [JSON.parse(ofOurs.pagerduty), capture('pagerduty/incident.resolved')],
  github: [JSON.parse(ofOurs.github), capture('github/deployment_status.success'), capture('github/ping')],
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
const headers: fc.Arbitrary<KeptHeaders> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      'sentry-hook-resource': fc.constantFrom('event_alert', 'event_alert', 'metric_alert', 'issue'),
      'x-github-event': fc.constantFrom('deployment_status', 'deployment_status', 'ping'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom({}, { 'x-github-event': '__proto__', 'sentry-hook-resource': '' }),
  },
);

/** @returns undefined where the body is none, which a source says in one way only, and briefly */
function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedBody) || error.message.length > 3_000) throw error;
    return undefined;
  }
}

/** One line of at most so many characters, without anything that could disguise it. */
function isClean(text: string, limit: number): boolean {
  return /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]*$/u.test(text) && Array.from(text).length <= limit;
}

/** What of an alert is not fit to be kept and shown. */
function unfit({
  fingerprint,
  title,
  summary,
  labels,
  version,
  startsAt,
  ...links
}: Alert): readonly string[] {
  const words = Object.entries(labels).flat();
  const urls = [links.url, links.dashboard, links.runbook].flatMap((url) =>
    url === undefined ? [] : [new URL(url)],
  );
  const checks = {
    fingerprint: /^[a-z]+:[\x21-\x7e]{1,210}$/.test(fingerprint),
    title: title !== '' && isClean(title, 200),
    summary: isClean(summary, 2_100),
    labels: words.length <= 2 * 64 && words.every((word) => isClean(word, 300)),
    urls: urls.every((url) => /^https?:$/.test(url.protocol) && url.username + url.password === ''),
    version: version === undefined || parseVersion(version) === version,
    startsAt: isTime(startsAt),
  };
  return Object.entries(checks).flatMap(([part, isFit]) => (isFit ? [] : [part]));
}

function isTime(at: number | undefined): boolean {
  return at === undefined || new Date(at).getTime() === at;
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
        expect(alerts.flatMap(unfit)).toEqual([]);
        const routed = alerts.map((alert) => ({ alert, route: routeAlert(alert, policies) }));
        for (const { route } of routed)
          expect(policies.services.services[route.service]?.app).toBe(route.app);
        const { app, channel } = routed[0]?.route ?? { app: 'shop', channel: 'stable' };
        const together = routed.filter(({ route }) => route.app === app && route.channel === channel);
        if (!together.some(({ alert }) => alert.status === 'firing')) return;
        const { state } = given(incidentKind).when({ type: 'alerts.receive', alerts: together });
        const { blocks } = incidentCard(state, start);
        expect(refuseBlocks(blocks)).toBeUndefined();
        // Times are ours, and links to http and https.
        const ours = /<(?:!date\^\d+\^[^|<>]*|https?:[^|<>\s]+)\|[^<>]*>/g;
        const words = interpreted(blocks).map((text) => text.replace(ours, ''));
        expect(words.filter((text) => /[<>]/.test(text))).toEqual([]);
      }),
      { numRuns: 250 },
    );
    // It would prove nothing if all of them were malformed.
    expect(read).toBeGreaterThan(10);
  },
);

test('pagerduty: whatever comes, it is about an incident of ours, changes nothing, or is malformed', () => {
  fc.assert(
    fc.property(bodies('pagerduty'), (body) => {
      const read = understood(() => readPagerdutyEvent(body));
      if (!read || 'ignored' in read) return;
      expect(read.incident).toMatch(/^INC-[1-9]\d{0,9}$/);
      const { user, assignees, occurredAt } = read.report;
      const words = [...assignees, user?.name ?? '', user?.id ?? ''];
      expect(words.filter((word) => !isClean(word, 300))).toEqual([]);
      expect(isTime(occurredAt)).toBe(true);
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
      const channel = channelOfDeployment(policies.channels, read) ?? { app: 'shop', channel: 'canary' };
      expect(policies.channels.apps[channel.app]?.channels).toHaveProperty(channel.channel);
    }),
    { numRuns: 400 },
  );
});
