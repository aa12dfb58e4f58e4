import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MalformedBody } from '../../src/core/source.ts';
import { sentry } from '../../src/sources/sentry.ts';

const captured = (name: string): Buffer => readFileSync(`test/captures/sentry/${name}.json`);
const parse = (resource: string | undefined, body: unknown) =>
  sentry.parse(
    body instanceof Buffer ? body : Buffer.from(JSON.stringify(body)),
    resource === undefined ? {} : { 'sentry-hook-resource': resource },
  );

/** As Sentry's documentation has it, with a release and tags as the SDKs send them. */
const event = {
  issue_id: '1117540176',
  title: 'ReferenceError: heck is not defined',
  culprit: 'checkout in pay',
  level: 'fatal',
  environment: 'production',
  release: 'shop@1.5.0',
  datetime: '2026-11-22T02:58:00.000000Z',
  url: 'https://sentry.io/api/0/projects/acme/storefront/events/e4874d66/',
  web_url: 'https://sentry.io/organizations/acme/issues/1117540176/events/e4874d66/',
  tags: [['region', 'eu'], ['severity', 'info'], ['project', 'another'], ['odd', null], 'odd'],
};
const issueAlert = (changes: object = {}) => ({
  action: 'triggered',
  data: { event: { ...event, ...changes }, triggered_rule: 'Checkout breaks' },
});

describe('An issue alert', () => {
  it('says what policies route by, and which release it was', () => {
    expect(parse('event_alert', issueAlert())).toEqual([
      {
        fingerprint: 'sentry:issue-1117540176',
        status: 'firing',
        title: 'ReferenceError: heck is not defined',
        summary: 'checkout in pay (alert rule “Checkout breaks”)',
        labels: {
          severity: 'fatal',
          project: 'storefront',
          environment: 'production',
          rule: 'Checkout breaks',
          channel: 'production',
          region: 'eu',
        },
        version: '1.5.0',
        startsAt: Date.parse('2026-11-22T02:58:00Z'),
        url: event.web_url,
      },
    ]);
  });

  it('is read as Sentry’s own example has it', () => {
    expect(parse('event_alert', captured('event_alert.triggered_with_alert_rule_action'))).toMatchObject([
      {
        fingerprint: 'sentry:issue-123',
        status: 'firing',
        title: 'Error #1: This is a test error!',
        summary: 'SentryCustomError(frontend/src/util) (alert rule “issue alert”)',
        labels: { environment: 'production', channel: 'production', rule: 'issue alert' },
      },
    ]);
  });

  it.each([
    [{ culprit: null }, 'alert rule “Checkout breaks”'],
    [{ culprit: 'checkout in pay' }, 'checkout in pay (alert rule “Checkout breaks”)'],
  ])('says by which rule, also of an error without a place: %j', (said, summary) => {
    expect(parse('event_alert', issueAlert(said))).toMatchObject([{ summary }]);
  });

  it.each([
    ['shop@1.5.0', '1.5.0'],
    ['shop@1.5.0+881', '1.5.0+881'],
    ['v1.5.0', '1.5.0'],
    ['1.5.0-rc.1', '1.5.0-rc.1'],
    ['com.acme.shop@v1.5.0', '1.5.0'],
    ['3f2a9c', undefined],
    ['shop@', undefined],
    [null, undefined],
  ])('of the release %s is one of version %s', (release, version) => {
    const alerts = parse('event_alert', issueAlert({ release }));
    expect('ignored' in alerts ? alerts : alerts.map((alert) => alert.version)).toEqual([version]);
  });

  it('takes release, environment and channel from tags where the event has none, and nothing else', () => {
    const tags = [
      ['release', 'shop@1.5.0'],
      ['environment', 'production'],
      ['channel', 'canary'],
    ];
    expect(parse('event_alert', issueAlert({ release: null, environment: null, tags }))).toMatchObject([
      { version: '1.5.0', labels: { environment: 'production', channel: 'canary', severity: 'fatal' } },
    ]);
  });

  it('is not lost over tags of another shape', () => {
    expect(parse('event_alert', issueAlert({ tags: { region: 'eu' } }))).toHaveLength(1);
    expect(parse('event_alert', issueAlert({ tags: null }))).toHaveLength(1);
  });
});

describe('A metric alert', () => {
  it('fires and resolves under one fingerprint', () => {
    const critical = parse('metric_alert', captured('metric_alert.critical'));
    const resolved = parse('metric_alert', captured('metric_alert.resolved'));
    const alert = {
      fingerprint: 'sentry:metric-789',
      title: 'metric alert',
      summary: '5 events in the last 10 minutes',
    };
    expect(critical).toEqual([
      { ...alert, status: 'firing', labels: { severity: 'critical', rule: 'metric alert' } },
    ]);
    expect(resolved).toEqual([{ ...alert, status: 'resolved', labels: { rule: 'metric alert' } }]);
  });

  it('says its project and environment', () => {
    const metric_alert = {
      id: '4',
      title: 'Sacred Marmot',
      projects: ['storefront'],
      date_started: '2026-11-22T02:58:00Z',
      alert_rule: { name: 'Too many errors', environment: 'canary' },
    };
    const data = { metric_alert, description_text: '1000 events', web_url: 'https://sentry.io/alerts/1/' };
    expect(parse('metric_alert', { action: 'warning', data })).toEqual([
      {
        fingerprint: 'sentry:metric-4',
        status: 'firing',
        title: 'Too many errors',
        summary: '1000 events',
        labels: {
          severity: 'warning',
          project: 'storefront',
          environment: 'canary',
          rule: 'Too many errors',
          channel: 'canary',
        },
        startsAt: Date.parse('2026-11-22T02:58:00Z'),
        url: 'https://sentry.io/alerts/1/',
      },
    ]);
  });
});

describe('Everything else', () => {
  it('is ignored, with a reason', () => {
    expect(parse('installation', captured('installation.created'))).toEqual({
      ignored: 'it is “installation created”, and only issue alerts and metric alerts are alerts',
    });
    expect(parse('issue', { action: 'resolved', data: {} })).toHaveProperty('ignored');
  });

  it.each([
    [undefined, issueAlert(), 'no Sentry-Hook-Resource header'],
    ['event_alert', { action: 'triggered', data: {} }, 'data.event: Invalid input'],
    ['metric_alert', { action: 'melted', data: {} }, 'action: Invalid option'],
    ['installation', 'text', 'expected object'],
  ])('is refused as %s when it is not what it says', (resource, body, why) => {
    expect(() => parse(resource, body)).toThrow(MalformedBody);
    expect(() => parse(resource, body)).toThrow(why);
  });
});
