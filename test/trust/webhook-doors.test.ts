import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { isSigned } from '../../src/trust/hmac.ts';
import { secret } from '../../src/trust/secrets.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { webhookDoors, webhookSecrets, type WebhookDoor } from '../../src/trust/webhook-doors.ts';

const now = Date.parse('2026-11-22T03:00:00Z');
const body = Buffer.from('Hello, World!');

/** Secret, signature and body as PagerDuty publishes them. */
const published = JSON.parse(readFileSync('test/captures/pagerduty/signed.json', 'utf8')) as Readonly<
  Record<'secret' | 'signature' | 'body', string>
>;
/** GitHub's documentation: “Validating webhook deliveries”. */
const github = {
  secret: "It's a Secret to Everybody",
  signature: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};

const doors = webhookDoors({
  tokens: { generic: [sha256Hex('token')], grafana: [sha256Hex('token')] },
  secrets: {
    pagerduty: [secret(published.secret)],
    github: [secret('the next one'), secret(github.secret)],
    sentry: [secret('of the integration')],
    grafana: [secret('of the contact point')],
  },
});

function door(source: string): WebhookDoor {
  const found = doors.find((each) => each.source === source);
  if (!found) throw new Error(`${source} has no door`);
  return found;
}

function hmac(key: string, ...parts: readonly (string | Buffer)[]): string {
  return parts.reduce((sum, part) => sum.update(part), createHmac('sha256', key)).digest('hex');
}

test('every source has one', () => {
  expect(doors.map(({ source }) => source)).toEqual([
    'alertmanager',
    'generic',
    'grafana',
    'pagerduty',
    'sentry',
    'github',
  ]);
});

describe('A signature', () => {
  it('is the one of RFC 4231, test case 2', () => {
    const signature = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    const bytes = Buffer.from('what do ya want for nothing?');
    expect(isSigned(bytes, [signature], [secret('Jefe')])).toBe(true);
    expect(isSigned(bytes, [signature], [secret('jefe')])).toBe(false);
  });

  it('is one that PagerDuty publishes', () => {
    const headers = { 'x-pagerduty-signature': published.signature };
    const request = { headers, body: Buffer.from(published.body) };
    expect(door('pagerduty').isAuthentic(request, now)).toBe(true);
    expect(door('pagerduty').deliveryId(request)).toBe('01BWDWL3NYY7LUFPZCC28QUCMK');
  });

  it('may be one of several of PagerDuty’s, while it replaces its secret', () => {
    const other = `v1=${hmac('another', body)}`;
    const right = `v1=${hmac(published.secret, body)}`;
    const v0 = `v0=${hmac(published.secret, body)}`;
    const values = [`${other},${right}`, `${right}, ${other}`, `v2=whatever,${right}`, `${other},${v0}`];
    const passed = values.map((value) =>
      door('pagerduty').isAuthentic({ headers: { 'x-pagerduty-signature': value }, body }, now),
    );
    expect(passed).toEqual([true, true, true, false]);
  });

  it('is one that GitHub publishes, under either of two secrets', () => {
    const signed = (value: string) => ({ headers: { 'x-hub-signature-256': value }, body });
    expect(door('github').isAuthentic(signed(github.signature), now)).toBe(true);
    expect(door('github').isAuthentic(signed(`sha256=${hmac('the next one', body)}`), now)).toBe(true);
    expect(door('github').isAuthentic(signed(`sha1=${hmac(github.secret, body)}`), now)).toBe(false);
  });

  it('of a body that is not UTF-8 is made of its very bytes', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x7b]);
    const headers = { 'sentry-hook-signature': hmac('of the integration', bytes) };
    expect(door('sentry').isAuthentic({ headers, body: bytes }, now)).toBe(true);
    const decoded = Buffer.from(bytes.toString('utf8'));
    expect(door('sentry').isAuthentic({ headers, body: decoded }, now)).toBe(false);
  });
});

describe('Grafana', () => {
  const key = 'of the contact point';
  const at = String(now / 1_000);
  const stamped = (timestamp: string | string[] | undefined, ...signed: readonly (string | Buffer)[]) => ({
    headers: {
      'x-grafana-alerting-signature': hmac(key, ...signed),
      'x-grafana-alerting-timestamp': timestamp,
    },
    body,
  });

  it.each([
    ['signed', stamped(undefined, body), true],
    ['signed with its time', stamped(at, `${at}:`, body), true],
    ['signed five minutes ago', stamped(String(now / 1_000 - 300), `${now / 1_000 - 300}:`, body), true],
    ['signed longer ago', stamped(String(now / 1_000 - 301), `${now / 1_000 - 301}:`, body), false],
    ['signed in the future', stamped(String(now / 1_000 + 301), `${now / 1_000 + 301}:`, body), false],
    ['with another time than was signed', stamped(at, `${now / 1_000 - 1}:`, body), false],
    ['with its time taken away', stamped(undefined, `${at}:`, body), false],
    ['with a time that nobody signed', stamped(at, body), false],
    ['with a time that is none', stamped('soon', 'soon:', body), false],
    ['with two times', stamped([at, at], `${at}:`, body), false],
    ['with a bearer token', { headers: { authorization: 'Bearer token' }, body }, true],
    ['with nothing', { headers: {}, body }, false],
  ])('%s', (_, request, expected) => {
    expect(door('grafana').isAuthentic(request, now)).toBe(expected);
  });

  it('says the same again while an alert fires; only the same signature over a time is the same delivery', () => {
    expect(door('grafana').deliveryId(stamped(undefined, body))).toBeUndefined();
    expect(door('grafana').deliveryId(stamped(at, `${at}:`, body))).toBe(hmac(key, `${at}:`, body));
    const odd = { 'x-grafana-alerting-timestamp': at, 'x-grafana-alerting-signature': '../../odd' };
    expect(door('grafana').deliveryId({ headers: odd, body })).toBeUndefined();
  });
});

describe('A delivery', () => {
  it('of Sentry about a metric alert has no name: up, down and up again may be the same words', () => {
    const said = Buffer.from('{"action":"critical","data":{"metric_alert":{"id":"7"}}}');
    expect(door('sentry').deliveryId({ headers: {}, body: said })).toBeUndefined();
  });

  it.each(['sentry', 'github'])('of %s is known by what is signed, not by a header that is not', (source) => {
    const id = (delivery: string, bytes = body) =>
      door(source).deliveryId({
        headers: { 'request-id': delivery, 'x-github-delivery': delivery },
        body: bytes,
      });
    expect(id('one')).toBe(id('two'));
    expect(id('one', Buffer.from('other'))).not.toBe(id('one'));
  });

  it.each([
    ['no id', '{"event":{}}'],
    ['an odd id', '{"event":{"id":"../../x y"}}'],
    ['no JSON', '{'],
  ])('of PagerDuty with %s is known by its bytes', (_, text) => {
    const bytes = Buffer.from(text);
    expect(door('pagerduty').deliveryId({ headers: {}, body: bytes })).toBe(sha256Hex(bytes));
  });
});

describe('A source that is not configured', () => {
  const closed = webhookDoors({
    tokens: {},
    secrets: { pagerduty: [], sentry: [], github: [], grafana: [] },
  });

  it.each(closed)('$source lets nobody in, and says so', ({ isAuthentic, refusal }) => {
    const empty = hmac('', body);
    const headers = {
      authorization: 'Bearer ',
      'x-pagerduty-signature': `v1=${empty}`,
      'sentry-hook-signature': empty,
      'x-hub-signature-256': `sha256=${empty}`,
      'x-grafana-alerting-signature': empty,
    };
    expect(isAuthentic({ headers, body }, now)).toBe(false);
    expect(refusal).toContain('not configured');
  });
});

describe('The setting', () => {
  it.each([
    ['one', 1],
    ['old,new', 2],
    ['old\nnew\n', 2],
    [' old , new ', 2],
  ])('%j holds secrets: %s', (text, count) => {
    expect(webhookSecrets.parse(text)).toHaveLength(count);
  });

  it.each(['', ',', ' \n ', 'a,b,c'])('%j is refused', (text) => {
    expect(webhookSecrets.safeParse(text).success).toBe(false);
  });
});
