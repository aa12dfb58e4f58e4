import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botApi, type BotApi } from '../../src/terminal/bot-api.ts';
import { secret } from '../../src/trust/secrets.ts';

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

const done = { tone: 'done', title: 'INC-1: Acknowledged', lines: [], stream: 'INC-1' };

/** What the bot does with each request, in turn; the last one goes on. */
let replies: readonly Reply[];
let keys: string[];
let bodies: string[];
let url: string;
let close: () => void;
let bot: BotApi;

beforeEach(async () => {
  [keys, bodies] = [[], []];
  const server = createServer((request, response) => {
    const reply = replies[Math.min(keys.length, replies.length - 1)];
    keys.push(String(request.headers['idempotency-key']));
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      bodies.push(body);
      reply?.(request, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  bot = botApi({ url, token: secret('a-token') }, { attemptWithin: 300, pauses: [1, 1] });
});
afterEach(() => close());

const says =
  (status: number, json: unknown): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(json));
  };
const hangsUp: Reply = (request) => request.socket.destroy();
const isSilent: Reply = () => undefined;

describe('What does not work', () => {
  const answers =
    (status: number, text: string): Reply =>
    (_request, response) => {
      response.writeHead(status);
      response.end(text);
    };

  it.each<[string, Reply, readonly string[] | undefined]>([
    [
      'in lines below "ready"',
      answers(200, 'ready\nSlack is away\nMail is away\n'),
      ['Slack is away', 'Mail is away'],
    ],
    ['nothing', answers(200, 'ready\n'), []],
    ['something else than readiness', answers(200, '<html>\nWelcome\n'), []],
    ['that it stops', answers(503, 'draining\n'), []],
    ['no answer', hangsUp, undefined],
  ])('is read where the bot says %s, and never an error', async (_, reply, notes) => {
    replies = [reply];
    expect(await bot.notes()).toEqual(notes);
  });
});

describe('An answer that was lost', () => {
  it.each([
    ['since the connection broke', hangsUp],
    ['since nothing came in time', isSilent],
    ['since something in between failed', says(502, { error: 'bad gateway' })],
    ['or not given yet', says(503, { error: 'Nothing can be stored' })],
  ])('%s, is asked for again under the same key', async (_, reply) => {
    replies = [reply, says(200, done)];
    expect(await bot.say('incident', 'ack')).toEqual({ kind: 'answer', answer: done });
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(bodies).toEqual(['{"line":"ack"}', '{"line":"ack"}']);
  });

  it('for good is no failure: nobody knows, and that is said, with exit 3', async () => {
    replies = [hangsUp];
    await expect(bot.say('incident', 'ack')).rejects.toMatchObject({
      code: 3,
      message: expect.stringMatching(/may have been done, or not[^]*lastgood incident list/),
    });
    expect(keys).toHaveLength(3);
  });

  it('is not explained by a bot that has gone since', async () => {
    replies = [
      (request) => {
        close();
        request.socket.destroy();
      },
    ];
    await expect(bot.say('incident', 'ack')).rejects.toMatchObject({ code: 3 });
  });

  it('says another thing under another key', async () => {
    replies = [says(200, done)];
    await bot.say('incident', 'ack');
    await bot.say('incident', 'ack');
    expect(new Set(keys).size).toBe(2);
  });
});

describe('What is not asked for again', () => {
  it.each([
    ['a refusal', says(409, { ...done, tone: 'refused' }), { kind: 'answer' }],
    ['a token that is not known', says(401, { error: 'no' }), { kind: 'declined', status: 401, error: 'no' }],
    ['a command that is not there', says(404, { error: 'no' }), { kind: 'declined', status: 404 }],
  ])('%s', async (_, reply, told) => {
    replies = [reply];
    expect(await bot.say('incident', 'ack')).toMatchObject(told);
    expect(keys).toHaveLength(1);
  });

  it.each<[string, Reply, number, RegExp]>([
    ['something else that listens there', says(200, { hello: 'world' }), 78, /is not Lastgood/],
    [
      'somebody who sends us elsewhere: the token stays here',
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      78,
      /sends us elsewhere/,
    ],
  ])('%s', async (_, reply, code, message) => {
    replies = [reply];
    const failure = { code, message: expect.stringMatching(message) };
    await expect(bot.say('incident', 'ack')).rejects.toMatchObject(failure);
    expect(keys).toHaveLength(1);
  });

  it('a bot that is not there: nothing was sent', async () => {
    close();
    const failure = { code: 1, message: expect.stringContaining('--offline') };
    await expect(bot.say('incident', 'ack')).rejects.toMatchObject(failure);
  });
});
