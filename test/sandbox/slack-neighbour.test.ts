import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySlackRequest } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSlack } from '../../src/sandbox/neighbours/slack.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';

const SECRET = 'signing-secret';
const TOKEN = 'xoxb-sandbox';
const OPS = 'C0OPS';
const START = new Date('2026-03-01T10:00:00Z');
const BUTTONS = [
  { type: 'section', text: { type: 'mrkdwn', text: 'Roll back?' } },
  {
    type: 'actions',
    block_id: 'vote',
    elements: [
      {
        type: 'button',
        action_id: 'approve',
        text: { type: 'plain_text', text: 'Approve' },
        value: 'OP-1 hash',
      },
      { type: 'button', action_id: 'reject', text: { type: 'plain_text', text: 'Reject' }, value: 'OP-1' },
    ],
  },
];

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let clock: Date;
let slack: Slack;
let client: WebClient;
let app: Server;
let received: Received[];
let answer: { status: number; body: string };

beforeEach(async () => {
  clock = START;
  received = [];
  answer = { status: 200, body: '' };
  app = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  slack = await startSlack({
    now: () => clock,
    signingSecret: SECRET,
    botToken: TOKEN,
    people: [
      { id: 'U0MIRA', name: 'mira', realName: 'Mira Novak', email: 'mira@example.com' },
      { id: 'U0GUS', name: 'gus', realName: 'Gus Guest', email: 'gus@example.com', is_restricted: true },
    ],
    conversations: [{ id: OPS, name: 'ops' }],
    requestUrl: () => `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events`,
  });
  client = clientFor(slack, TOKEN);
});

afterEach(async () => {
  await slack.close();
  app.closeAllConnections();
  app.close();
});

function clientFor(workspace: Slack, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl: workspace.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: {
      debug() {},
      info() {},
      warn() {},
      error() {},
      setLevel() {},
      getLevel: () => 'error',
      setName() {},
    } as never,
  });
}

function form(index = 0): URLSearchParams {
  return new URLSearchParams(received[index]?.body);
}

describe('the Web API', () => {
  test('knows its bot, and nobody else', async () => {
    expect(await client.auth.test()).toMatchObject({
      team_id: slack.team.id,
      user_id: slack.bot.userId,
      bot_id: slack.bot.botId,
    });
    await expect(clientFor(slack, 'xoxb-other').auth.test()).rejects.toThrow('invalid_auth');
    await expect(client.apiCall('usergroups.list')).rejects.toThrow('unknown_method');
  });

  test('stamps messages with the clock of the workspace', async () => {
    const first = await client.chat.postMessage({ channel: OPS, text: 'one' });
    clock = new Date('2026-03-01T12:00:00Z');
    const second = await client.chat.postMessage({ channel: OPS, text: 'two', thread_ts: first.ts ?? '' });
    expect(first.ts).toMatch(/^1772359200\./);
    expect(second.ts).toMatch(/^1772366400\./);
    expect(second.message?.ts).toBe(second.ts);
    expect(slack.messages(OPS)).toMatchObject([
      { ts: first.ts, text: 'one', user: slack.bot.userId, bot_id: slack.bot.botId },
      { ts: second.ts, text: 'two', thread_ts: first.ts },
    ]);
  });

  test('gives each of many messages at once its own ts', async () => {
    const posted = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((text) => client.chat.postMessage({ channel: OPS, text })),
    );
    const stored = new Map(slack.messages(OPS).map(({ ts, text }) => [ts, text]));
    expect(posted.map(({ ts }) => stored.get(ts ?? ''))).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('updates and deletes in place', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 'open', blocks: BUTTONS });
    clock = new Date('2026-03-01T10:05:00Z');
    await client.chat.update({ channel: OPS, ts, text: 'done' });
    expect(slack.messages(OPS)).toMatchObject([
      { ts, text: 'done', blocks: [], edited: { user: slack.bot.userId } },
    ]);
    expect(slack.messages(OPS)[0]?.edited?.ts).toMatch(/^1772359500\./);
    await client.chat.delete({ channel: OPS, ts });
    expect(slack.messages(OPS)).toEqual([]);
    await expect(client.chat.update({ channel: OPS, ts, text: 'late' })).rejects.toThrow('message_not_found');
  });

  test('keeps metadata and shows it to those who ask', async () => {
    const metadata = { event_type: 'lastgood_effect', event_payload: { id: 'inc-1/3.1' } };
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 'card', metadata });
    await client.chat.postMessage({ channel: OPS, text: 'detail', thread_ts: ts, metadata });
    const history = await client.conversations.history({ channel: OPS, include_all_metadata: true });
    const replies = await client.conversations.replies({ channel: OPS, ts, include_all_metadata: true });
    expect(history.messages?.map((message) => message.metadata)).toEqual([metadata]);
    expect(replies.messages?.map((message) => message.metadata)).toEqual([metadata, metadata]);
    const unasked = await client.conversations.history({ channel: OPS });
    expect(unasked.messages?.[0]?.metadata).toBeUndefined();
    expect(slack.messages(OPS)[0]?.metadata).toEqual(metadata);
  });

  test('says who is a guest', async () => {
    const guest = await client.users.info({ user: 'U0GUS' });
    const member = await client.users.lookupByEmail({ email: 'mira@example.com' });
    expect(guest.user).toMatchObject({
      id: 'U0GUS',
      is_restricted: true,
      deleted: false,
      profile: { email: 'gus@example.com' },
    });
    expect(member.user).toMatchObject({
      is_restricted: false,
      is_ultra_restricted: false,
      is_stranger: false,
      is_bot: false,
    });
    await expect(client.users.info({ user: 'U0NOBODY' })).rejects.toThrow('user_not_found');
  });

  test('opens direct messages', async () => {
    const opened = await client.conversations.open({ users: 'U0MIRA' });
    await client.chat.postMessage({ channel: opened.channel?.id ?? '', text: 'You are paged' });
    await client.chat.postMessage({ channel: 'U0MIRA', text: 'once more' });
    expect(slack.conversations()).toEqual([
      { id: OPS, name: 'ops' },
      { id: 'D0MIRA', name: 'mira', user: 'U0MIRA' },
    ]);
    expect(slack.messages('D0MIRA').map(({ text }) => text)).toEqual(['You are paged', 'once more']);
  });

  test('shows an ephemeral message to one person', async () => {
    const posted = await client.chat.postEphemeral({
      channel: OPS,
      user: 'U0MIRA',
      text: 'only you',
      blocks: BUTTONS,
    });
    expect(slack.ephemerals('U0MIRA')).toMatchObject([
      { ts: posted.message_ts, to: 'U0MIRA', text: 'only you' },
    ]);
    expect(slack.ephemerals('U0GUS')).toEqual([]);
    expect(slack.messages(OPS)).toEqual([]);
  });

  test('refuses blocks that Slack would refuse, and says where', async () => {
    const section = (text: string): { type: 'section'; text: { type: 'mrkdwn'; text: string } } => ({
      type: 'section',
      text: { type: 'mrkdwn', text },
    });
    const post = (blocks: object[]): Promise<unknown> =>
      client.chat
        .postMessage({ channel: OPS, text: 'x', blocks: blocks as never })
        .catch((error: unknown) => error);
    expect(await post([section('x'.repeat(3001))])).toMatchObject({
      data: {
        error: 'invalid_blocks',
        errors: ['must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
      },
    });
    expect(await post(Array.from({ length: 51 }, () => section('x')))).toMatchObject({
      data: { errors: ['no more than 50 items allowed [json-pointer:/blocks]'] },
    });
    expect(await post(Array.from({ length: 5 }, () => section('x'.repeat(2900))))).toMatchObject({
      data: { error: 'msg_blocks_too_long' },
    });
    expect(slack.messages(OPS)).toEqual([]);
  });
});

describe('a person', () => {
  test('types a command, signed as Slack signs', async () => {
    const delivery = await slack.as('U0MIRA').command(OPS, '/rollback', 'stable 1.4.2 5xx on checkout');
    expect(delivery).toEqual({ status: 200, body: '' });
    expect(Object.fromEntries(form())).toMatchObject({
      command: '/rollback',
      text: 'stable 1.4.2 5xx on checkout',
      team_id: slack.team.id,
      user_id: 'U0MIRA',
      channel_id: OPS,
      channel_name: 'ops',
      trigger_id: expect.stringMatching(/./) as string,
    });
    const { headers, body } = received[0]!;
    const signed = { signingSecret: SECRET, headers: headers as never, body };
    verifySlackRequest({ ...signed, nowMilliseconds: clock.getTime() });
    expect(() =>
      verifySlackRequest({ ...signed, body: `${body}0`, nowMilliseconds: clock.getTime() }),
    ).toThrow('signature mismatch');
  });

  test('sees the answer of a command, and what Slackbot says when there is none', async () => {
    answer = { status: 200, body: 'Unknown channel' };
    await slack.as('U0MIRA').command(OPS, '/rollback', 'x');
    answer = { status: 500, body: '' };
    await slack.as('U0MIRA').command(OPS, '/rollback', 'x');
    expect(slack.ephemerals('U0MIRA').map(({ text }) => text)).toEqual([
      'Unknown channel',
      '/rollback failed with the error "dispatch_failed"',
    ]);
  });

  test('presses a button with the value that the message shows', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 'plan', blocks: BUTTONS });
    await slack.as('U0MIRA').click(OPS, ts, 'approve');
    const payload = JSON.parse(form().get('payload') ?? '') as object;
    expect(payload).toMatchObject({
      type: 'block_actions',
      team: { id: slack.team.id },
      user: { id: 'U0MIRA', team_id: slack.team.id },
      channel: { id: OPS },
      container: { type: 'message', message_ts: ts, channel_id: OPS },
      message: { ts, text: 'plan', bot_id: slack.bot.botId },
      actions: [{ type: 'button', action_id: 'approve', block_id: 'vote', value: 'OP-1 hash' }],
    });
  });

  test('cannot press what is not there, except with a stale screen', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 'plan', blocks: BUTTONS });
    const mira = slack.as('U0MIRA');
    await expect(mira.click(OPS, ts, { actionId: 'approve', value: 'OP-2' })).rejects.toThrow(
      'shows no button',
    );
    await client.chat.update({ channel: OPS, ts, text: 'approved' });
    await expect(mira.click(OPS, ts, 'approve')).rejects.toThrow('shows no button');
    await mira.clickStale({ conversationId: OPS, messageTs: ts, actionId: 'approve', value: 'OP-1 hash' });
    expect(JSON.parse(form().get('payload') ?? '')).toMatchObject({
      actions: [{ action_id: 'approve', value: 'OP-1 hash' }],
      message: { text: 'approved' },
    });
  });

  test('builds a request without sending it', async () => {
    const request = slack.payloadForCommand('U0MIRA', OPS, '/lastgood', 'help');
    expect(received).toEqual([]);
    await slack.deliver(request);
    await slack.deliver(request);
    expect(received.map(({ body }) => body)).toEqual([request.body, request.body]);
  });

  test('talks', () => {
    const ts = slack.as('U0MIRA').message(OPS, 'checkout is slow');
    slack.as('U0GUS').message(OPS, 'here too', { threadTs: ts });
    expect(slack.messages(OPS)).toMatchObject([
      { user: 'U0MIRA', text: 'checkout is slow' },
      { user: 'U0GUS', thread_ts: ts },
    ]);
    expect(slack.messages(OPS)[0]).not.toHaveProperty('bot_id');
  });
});

describe('a response_url', () => {
  const reply = (url: string, body: object): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('answers the person alone, or everybody', async () => {
    await slack.as('U0MIRA').command(OPS, '/oncall', '');
    const url = form().get('response_url') ?? '';
    expect((await reply(url, { text: 'Mira' })).status).toBe(200);
    await reply(url, { text: 'for all', response_type: 'in_channel' });
    expect(slack.ephemerals('U0MIRA')).toMatchObject([
      { text: 'Mira', conversation: OPS, user: slack.bot.userId },
    ]);
    expect(slack.messages(OPS)).toMatchObject([{ text: 'for all', bot_id: slack.bot.botId }]);
  });

  test('replaces and deletes the message that was clicked', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 'plan', blocks: BUTTONS });
    await client.chat.postEphemeral({ channel: OPS, user: 'U0MIRA', text: 'sure?', blocks: BUTTONS });
    const sure = slack.ephemerals('U0MIRA')[0]?.ts ?? '';
    await slack.as('U0MIRA').click(OPS, ts, 'approve');
    await slack.as('U0MIRA').click(OPS, sure, 'reject');
    const urls = [0, 1].map((index) => {
      const payload = JSON.parse(form(index).get('payload') ?? '') as { response_url: string };
      return payload.response_url;
    });
    await reply(urls[0] ?? '', { text: 'approved', replace_original: true });
    await reply(urls[1] ?? '', { delete_original: true });
    expect(slack.messages(OPS)).toMatchObject([{ ts, text: 'approved', blocks: [] }]);
    expect(slack.ephemerals('U0MIRA')).toEqual([]);
  });

  test('works five times, for thirty minutes', async () => {
    await slack.as('U0MIRA').command(OPS, '/oncall', '');
    await slack.as('U0MIRA').command(OPS, '/oncall', '');
    const url = form().get('response_url') ?? '';
    for (const use of [1, 2, 3, 4, 5]) expect((await reply(url, { text: `${use}` })).status).toBe(200);
    expect(await (await reply(url, { text: '6' })).json()).toEqual({ ok: false, error: 'used_url' });
    clock = new Date(START.getTime() + 31 * 60_000);
    const old = await reply(form(1).get('response_url') ?? '', { text: 'late' });
    expect(await old.json()).toEqual({ ok: false, error: 'expired_url' });
  });
});

describe('a failing Slack', () => {
  test('is rate limited, broken, and well again', async () => {
    slack.fail({ retryAfter: 30, times: 1 });
    await expect(client.auth.test()).rejects.toMatchObject({ retryAfter: 30 });
    slack.fail({ error: 'fatal_error', path: 'chat.update' });
    await client.auth.test();
    await expect(client.chat.update({ channel: OPS, ts: '1', text: 'x' })).rejects.toThrow('fatal_error');
    slack.heal();
    await client.auth.test();
  });

  test('loses the answer of a message that it did post', async () => {
    slack.fail({ status: 502, applied: true, times: 1 });
    await expect(client.chat.postMessage({ channel: OPS, text: 'posted' })).rejects.toThrow('502');
    expect(slack.messages(OPS)).toMatchObject([{ text: 'posted' }]);
  });

  test('hangs until it is healed', async () => {
    slack.fail({ hang: true, status: 503 });
    const call = fetch(`${slack.url}auth.test`, { method: 'POST' });
    const first = await Promise.race([
      call.then(() => 'answered'),
      new Promise((resolve) => setTimeout(resolve, 50, 'hangs')),
    ]);
    expect(first).toBe('hangs');
    slack.heal();
    expect((await call).status).toBe(503);
  });
});

test('tells when something changed', async () => {
  let changes = 0;
  const stop = slack.onChange(() => (changes += 1));
  await client.chat.postMessage({ channel: OPS, text: 'one' });
  expect(changes).toBeGreaterThan(0);
  stop();
  const seen = changes;
  await client.chat.postMessage({ channel: OPS, text: 'two' });
  expect(changes).toBe(seen);
});
