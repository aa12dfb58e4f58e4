import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { slackOverHttp } from '../../src/slack/http-intake.ts';
import type { SlackItem } from '../../src/slack/item.ts';
import { requestTally, type RequestTally } from '../../src/slack/request-tally.ts';
import { secret } from '../../src/trust/secrets.ts';

const start = Date.parse('2026-11-22T03:04:00Z');
const seconds = start / 1_000;
const signingSecret = 'the-signing-secret-of-a-test';
const command = 'command=%2Frollback&text=stable+1.4.2+5xx&user_id=U0ANA&team_id=T0SHOP&trigger_id=12.34.ab';

let inbox: Map<string, SlackItem>;
let handle: ReturnType<typeof slackOverHttp>;
let storeWorks: boolean;
let now: number;
let warnings: string[];
let tally: RequestTally;

beforeEach(() => {
  inbox = new Map();
  storeWorks = true;
  now = start;
  warnings = [];
  tally = requestTally();
  handle = slackOverHttp({
    signingSecret: secret(signingSecret),
    tally,
    now: () => now,
    receive: async (item) => {
      if (!storeWorks) throw new Error('disk full');
      const isNew = !inbox.has(item.id);
      if (isNew) inbox.set(item.id, item);
      return Promise.resolve({ new: isNew });
    },
    log: {
      info: () => undefined,
      warn: (_fields, message) => void warnings.push(message),
      error: () => undefined,
    },
  });
});

const form = 'application/x-www-form-urlencoded';

function signature(body: string, at: number): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${at}:${body}`).digest('hex')}`;
}

function signed(body: string, { at = seconds, type = form } = {}) {
  return {
    headers: {
      'content-type': type,
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': signature(body, at),
    } as Record<string, string | readonly string[] | undefined>,
    rawBody: Buffer.from(body),
  };
}

test('keeps an authentic request before it answers', async () => {
  expect(await handle(signed(command))).toEqual({ status: 200 });
  expect([...inbox.values()]).toEqual([
    {
      id: 'slack/trigger/12.34.ab',
      source: 'slack',
      at: start,
      body: JSON.stringify({ contentType: form, raw: command }),
    },
  ]);
});

test('answers 503 when it cannot keep it', async () => {
  storeWorks = false;
  expect(await handle(signed(command))).toEqual({ status: 503 });
  expect(inbox.size).toBe(0);
});

test("answers Slack's question whether the address is ours, and keeps nothing", async () => {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'c4' });
  const answer = await handle(signed(body, { type: 'application/json' }));
  expect(answer).toEqual({ status: 200, json: { challenge: 'c4' } });
  expect(inbox.size).toBe(0);
});

test('refuses an authentic body that it cannot read', async () => {
  expect(await handle(signed('{"type":', { type: 'application/json' }))).toEqual({ status: 400 });
  expect(await handle(signed('payload=%5B1%5D'))).toEqual({ status: 400 });
  expect(inbox.size).toBe(0);
});

describe('a forged request is answered 401 and nothing is kept', () => {
  const good = signature(command, seconds);
  const change = (headers: Record<string, string | readonly string[] | undefined>, body = command) => ({
    headers: { ...signed(command).headers, ...headers },
    rawBody: Buffer.from(body),
  });
  test.each([
    ['an altered byte in the body', change({}, command.replace('1.4.2', '1.4.3'))],
    ['an altered byte in the signature', change({ 'x-slack-signature': good.replace(/.$/, 'g') })],
    ['another timestamp than the signed one', change({ 'x-slack-request-timestamp': String(seconds - 1) })],
    ['no signature', change({ 'x-slack-signature': undefined })],
    ['no timestamp', change({ 'x-slack-request-timestamp': undefined })],
    ['a signature of version 1', change({ 'x-slack-signature': good.replace('v0=', 'v1=') })],
    ['more behind the signature', change({ 'x-slack-signature': `${good}=junk` })],
    ['a shorter signature', change({ 'x-slack-signature': good.slice(0, -2) })],
    ['a doubled signature, joined', change({ 'x-slack-signature': `${good}, ${good}` })],
    ['a doubled signature, as a list', change({ 'x-slack-signature': [good, good] })],
    ['a doubled timestamp', change({ 'x-slack-request-timestamp': `${seconds}, ${seconds}` })],
    ['a timestamp that is no number', change({ 'x-slack-request-timestamp': 'NaN' })],
    ['a timestamp in the future', signed(command, { at: seconds + 301 })],
    ['a timestamp in the past', signed(command, { at: seconds - 301 })],
    ['bytes that are no text', change({}, `${command}\u00ff`)],
  ])('%s', async (_name, request) => {
    expect(await handle(request)).toEqual({ status: 401 });
    expect(inbox.size).toBe(0);
  });

  test('which the log says once a minute, so that a wrong secret is found', async () => {
    const forged = change({ 'x-slack-signature': undefined });
    await handle(signed(command));
    expect(warnings).toEqual([]);
    await handle(forged);
    now = start + 59_999;
    await handle(forged);
    expect(warnings).toEqual([expect.stringContaining('not signed with SLACK_SIGNING_SECRET')]);
    now = start + 60_000;
    await handle(forged);
    expect(warnings).toHaveLength(2);
  });

  test('at the edges of the window it is still authentic', async () => {
    expect(await handle(signed(command, { at: seconds + 300 }))).toEqual({ status: 200 });
    expect(await handle(signed(command, { at: seconds - 300 }))).toEqual({ status: 200 });
  });
});

describe('a replay is answered 200 and has no effect', () => {
  test('of the same request twice in parallel', async () => {
    const answers = await Promise.all([handle(signed(command)), handle(signed(command))]);
    expect(answers).toEqual([{ status: 200 }, { status: 200 }]);
    expect(inbox.size).toBe(1);
  });

  test('of an event that Slack delivers again, signed anew', async () => {
    const event = JSON.stringify({ type: 'event_callback', event_id: 'Ev01', event: { type: 'message' } });
    await handle(signed(event, { type: 'application/json', at: seconds - 60 }));
    await handle(signed(event, { type: 'application/json' }));
    expect([...inbox.keys()]).toEqual(['slack/event/Ev01']);
  });

  test('of a click', async () => {
    const payload = { type: 'block_actions', trigger_id: '56.78.cd', actions: [{ value: '{}' }] };
    const click = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    await handle(signed(click));
    await handle(signed(click));
    expect([...inbox.keys()]).toEqual(['slack/trigger/56.78.cd']);
  });

  test('of a request without an id, however its headers are spelled', async () => {
    const request = signed('type=other');
    const headers = { ...request.headers, 'x-slack-request-timestamp': `0${seconds}` };
    await handle(request);
    expect(await handle({ ...request, headers })).toEqual({ status: 200 });
    const hmac = signature('type=other', seconds).slice('v0='.length);
    expect([...inbox.keys()]).toEqual([`slack/request/${hmac}`]);
  });
});
