import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import { createSlackApp, type PressedButton, type TypedCommand } from '../../src/slack/app.ts';
import { workspaceOf, type Workspace } from '../../src/slack/clients.ts';
import {
  slackReceiver,
  type Processed,
  type SlackItem,
  type SlackReceiver,
} from '../../src/slack/receiver.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { secret } from '../../src/trust/secrets.ts';
import { incident, start } from './states.ts';
import { accessTo, clientsOf, incidents, quiet, signingSecret, startWorkspace } from './workspace.ts';

let slack: Slack;
let server: Server;
let receiver: SlackReceiver;
let inbox: Map<string, SlackItem>;
let commands: TypedCommand[];
let clicks: PressedButton[];
let onCommand: (command: TypedCommand) => Promise<void>;

beforeEach(async () => {
  inbox = new Map();
  commands = [];
  clicks = [];
  onCommand = async (command) => {
    commands.push(command);
    return Promise.resolve();
  };
  server = createServer((request, response) => {
    void buffer(request).then(async (rawBody) => {
      const answer = await receiver.handle({ headers: request.headers, rawBody });
      response.writeHead(answer.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  slack = await startWorkspace(() => `http://127.0.0.1:${port}/slack/events`);
  receiver = newBot();
});

afterEach(async () => {
  server.close();
  await slack.close();
});

/** The receiver and the app, as after a start of the process; the inbox is what outlives it. */
function newBot(
  workspace: () => Promise<Workspace> = workspaceOf(clientsOf(slack).interaction),
): SlackReceiver {
  const bot = slackReceiver({
    signingSecret: secret(signingSecret),
    now: () => start,
    receive: async (item) => {
      const isNew = !inbox.has(item.id);
      if (isNew) inbox.set(item.id, item);
      return Promise.resolve({ new: isNew });
    },
    log: quiet,
  });
  createSlackApp({
    ...accessTo(slack),
    receiver: bot,
    workspace,
    commands: ['/rollback'],
    onCommand: (command) => onCommand(command),
    onClick: async (click) => {
      clicks.push(click);
      return Promise.resolve();
    },
  });
  return bot;
}

/** Works on everything in the inbox, as its worker does. */
async function work(bot = receiver): Promise<readonly Processed[]> {
  return Promise.all([...inbox.values()].map((item) => bot.process(item)));
}

const ana = () => slack.as('U0ANA');

test('a command reaches its handler, after it was answered and also after a restart', async () => {
  expect(await ana().command(incidents, '/rollback', 'stable 1.4.2 5xx & more')).toEqual({
    status: 200,
    body: '',
  });
  expect(commands).toEqual([]);
  expect(await work(newBot())).toEqual([{ status: 'handled' }]);
  expect(commands).toEqual([
    {
      command: '/rollback',
      text: 'stable 1.4.2 5xx & more',
      userId: 'U0ANA',
      conversation: incidents,
      responseUrl: expect.stringContaining('/response/'),
      inboxId: [...inbox.keys()][0],
      at: start,
    },
  ]);
});

test('a click reaches its handler with the value of the button', async () => {
  const { text, blocks } = incidentCard(incident(), start);
  const { timeline } = clientsOf(slack);
  const { ts = '' } = await timeline.chat.postMessage({ channel: incidents, text, blocks });
  await ana().click(incidents, ts, 'incident.rollback');
  expect(await work()).toEqual([{ status: 'handled' }]);
  expect(clicks).toMatchObject([
    {
      actionId: 'incident.rollback',
      value: { id: 'INC-3', channel: 'shop/stable', version: '1.4.2' },
      userId: 'U0ANA',
      conversation: incidents,
      messageTs: ts,
    },
  ]);
});

test('a button of another age reaches the handler too, so that its person gets an answer', async () => {
  const stale = { conversationId: incidents, messageTs: '1.2', actionId: 'gone', value: 'no json' };
  await ana().clickStale(stale);
  expect(await work()).toEqual([{ status: 'handled' }]);
  expect(clicks).toMatchObject([{ actionId: 'gone', value: undefined }]);
});

test('the same request twice in parallel, and again after a restart, has one effect', async () => {
  const request = slack.payloadForCommand('U0ANA', incidents, '/rollback', 'stable 1.4.2 x');
  await Promise.all([slack.deliver(request), slack.deliver(request)]);
  await work();
  receiver = newBot();
  expect(await slack.deliver(request)).toEqual({ status: 200, body: '' });
  expect(inbox.size).toBe(1);
  expect(commands).toHaveLength(1);
});

test('what a handler throws reaches whoever works on the inbox', async () => {
  const thrown = new Error('the store is gone');
  onCommand = async () => Promise.reject(thrown);
  await ana().command(incidents, '/rollback', '');
  await expect(work()).rejects.toBe(thrown);
});

test("a command that nobody registered is nobody's", async () => {
  await ana().command(incidents, '/deploy', '');
  expect(await work()).toEqual([{ status: 'ignored', why: 'nothing here listens to it' }]);
});

test('a Slack that does not say who we are is asked again', async () => {
  await ana().command(incidents, '/rollback', '');
  slack.fail({ error: 'internal_error', path: 'auth.test', times: 1 });
  await expect(work()).rejects.toThrow('internal_error');
  expect(await work()).toEqual([{ status: 'handled' }]);
});

describe('what comes from elsewhere is ignored', () => {
  const ours = { teamId: 'T0LASTGOOD', enterpriseId: undefined, botId: 'B0', botUserId: 'U0' };

  test('a command of another workspace', async () => {
    await ana().command(incidents, '/rollback', '');
    const bot = newBot(async () => Promise.resolve({ ...ours, teamId: 'T0OTHER' }));
    expect(await work(bot)).toEqual([{ status: 'ignored', why: 'it is from the workspace T0LASTGOOD' }]);
    expect(commands).toEqual([]);
  });

  test.each([
    [
      'by a person of another workspace',
      { user: { id: 'U0EVE', team_id: 'T0OTHER' } },
      'it is from the workspace T0OTHER',
    ],
    ['by a person of no workspace', { user: { id: 'U0EVE' } }, 'it is from the workspace (unnamed)'],
    [
      'within another enterprise',
      { user: { id: 'U0EVE', team_id: 'T0LASTGOOD' }, enterprise: { id: 'E0OTHER' } },
      'it is from the enterprise E0OTHER',
    ],
  ])('a click %s', async (_name, from, why) => {
    const payload = {
      type: 'block_actions',
      team: { id: 'T0LASTGOOD' },
      container: { type: 'message', message_ts: '1.2', channel_id: incidents },
      actions: [{ type: 'button', action_id: 'incident.acknowledge', value: '{"id":"INC-3"}' }],
      ...from,
    };
    const raw = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const body = JSON.stringify({ contentType: 'application/x-www-form-urlencoded', raw });
    expect(await receiver.process({ id: 'x', at: start, body })).toEqual({ status: 'ignored', why });
    expect(clicks).toEqual([]);
  });
});

test("a response_url that is not Slack's is left unused", async () => {
  await ana().command(incidents, '/rollback', '');
  const [item] = inbox.values();
  const body = item!.body.replaceAll(
    encodeURIComponent(new URL(slack.url).origin),
    'http%3A%2F%2F169.254.169.254',
  );
  expect(await receiver.process({ ...item!, body })).toEqual({ status: 'handled' });
  expect(commands).toMatchObject([{ responseUrl: undefined }]);
});
