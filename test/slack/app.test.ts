import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import {
  createSlackApp,
  type MarkedMessage,
  type PressedButton,
  type TypedCommand,
} from '../../src/slack/app.ts';
import { workspaceOf, type Workspace } from '../../src/slack/clients.ts';
import { slackOverHttp } from '../../src/slack/http-intake.ts';
import type { SlackItem } from '../../src/slack/item.ts';
import { slackReceiver, type Processed, type SlackReceiver } from '../../src/slack/receiver.ts';
import { requestTally } from '../../src/slack/request-tally.ts';
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
let marked: MarkedMessage[];
let onCommand: (command: TypedCommand) => Promise<void>;

beforeEach(async () => {
  inbox = new Map();
  commands = [];
  clicks = [];
  marked = [];
  onCommand = async (command) => {
    commands.push(command);
    return Promise.resolve();
  };
  const handle = slackOverHttp({
    signingSecret: secret(signingSecret),
    now: () => start,
    tally: requestTally(),
    receive: async (item) => {
      const isNew = !inbox.has(item.id);
      if (isNew) inbox.set(item.id, item);
      return Promise.resolve({ new: isNew });
    },
    log: quiet,
  });
  server = createServer((request, response) => {
    void buffer(request).then(async (rawBody) => {
      const answer = await handle({ headers: request.headers, rawBody });
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
  const bot = slackReceiver();
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
    onMarked: async (message) => {
      marked.push(message);
      return Promise.resolve(message.eventType === 'canary_health' ? undefined : 'not ours');
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

const grid = {
  teamId: 'T0SHOP',
  enterpriseId: 'E0ACME',
  wholeEnterprise: false,
  botId: 'B0',
  botUserId: 'U0',
};
const single = { ...grid, enterpriseId: undefined };
const wholeGrid = { ...grid, teamId: 'E0ACME', wholeEnterprise: true };

/** The payloads of Slack's documentation and of its libraries' issues, as far as they say who and where. */
const command = { team_id: 'T0SHOP', is_enterprise_install: 'false' };
const click = { team: { id: 'T0SHOP' }, enterprise: null, user: { id: 'U0ANA', team_id: 'T0SHOP' } };
const acme = { enterprise: { id: 'E0ACME', name: 'Acme' } };
const elsewhere = 'it is from the workspace T0OTHER';

describe('what comes from elsewhere is ignored', () => {
  describe.each([
    ['one workspace', single],
    ['a workspace of an organization', grid],
    ['a whole organization', wholeGrid],
  ])('an app of %s', (where, ours) => {
    const rows: readonly (readonly [string, object, Readonly<Record<string, string | undefined>>])[] = [
      [
        'a command of our workspace',
        command,
        { 'a whole organization': 'it is from the enterprise (unnamed)' },
      ],
      [
        'a command of another workspace',
        { ...command, team_id: 'T0OTHER' },
        {
          'one workspace': elsewhere,
          'a workspace of an organization': elsewhere,
          'a whole organization': 'it is from the enterprise (unnamed)',
        },
      ],
      [
        'a command in our organization',
        { ...command, enterprise_id: 'E0ACME' },
        {
          'one workspace': 'it is from the enterprise E0ACME',
        },
      ],
      [
        'a command in another workspace of our organization',
        { ...command, team_id: 'T0OTHER', enterprise_id: 'E0ACME' },
        {
          'one workspace': 'it is from the enterprise E0ACME',
          'a workspace of an organization': elsewhere,
        },
      ],
      ['a click of ours', click, { 'a whole organization': 'it is from the enterprise (unnamed)' }],
      // github.com/slackapi/java-slack-sdk/issues/1041: the team is the app's, the person's is another.
      [
        'a click by somebody of another company in a shared conversation',
        { ...click, user: { id: 'U0EVE', team_id: 'T0OTHER' } },
        {
          'one workspace': elsewhere,
          // Who it is, Slack is asked afterwards.
          'a whole organization': 'it is from the enterprise (unnamed)',
        },
      ],
      [
        'a click by nobody in particular',
        { ...click, user: { id: 'U0EVE' } },
        {
          'one workspace': 'it is from the workspace (unnamed)',
          'a whole organization': 'it is from the enterprise (unnamed)',
        },
      ],
      // github.com/slackapi/bolt-js/issues/1875: in an organization, one of a person's workspaces, and always the same.
      [
        'a click by a colleague who is named after another workspace',
        { ...click, ...acme, user: { id: 'U0ANA', team_id: 'T0OTHER' } },
        {
          'one workspace': 'it is from the enterprise E0ACME',
        },
      ],
      // github.com/slackapi/deno-slack-sdk/issues/267
      [
        'a click to an app of the whole organization',
        { ...click, ...acme, team: null, is_enterprise_install: true },
        {
          'one workspace': 'it is from the enterprise E0ACME',
        },
      ],
      [
        'a click in another organization',
        { ...click, enterprise: { id: 'E0OTHER' } },
        {
          'one workspace': 'it is from the enterprise E0OTHER',
          'a workspace of an organization': 'it is from the enterprise E0OTHER',
          'a whole organization': 'it is from the enterprise E0OTHER',
        },
      ],
      [
        'something that says nothing',
        {},
        {
          'one workspace': 'it is from the workspace (unnamed)',
          'a workspace of an organization': 'it is from the workspace (unnamed)',
          'a whole organization': 'it is from the enterprise (unnamed)',
        },
      ],
    ];

    test.each(rows)('%s', async (_name, from, ignored) => {
      const bot = newBot(async () => Promise.resolve(ours));
      const payload =
        'user' in from
          ? { type: 'block_actions', ...theButton, ...from }
          : { command: '/rollback', text: '', user_id: 'U0ANA', channel_id: incidents, ...from };
      const body = JSON.stringify({ contentType: 'application/json', raw: JSON.stringify(payload) });
      const why = ignored[where];
      expect(await bot.process({ id: 'x', at: start, body })).toEqual(
        why === undefined ? { status: 'handled' } : { status: 'ignored', why },
      );
      expect(commands.length + clicks.length).toBe(why === undefined ? 1 : 0);
    });
  });
});

const theButton = {
  container: { type: 'message', message_ts: '1.2', channel_id: incidents },
  actions: [{ type: 'button', action_id: 'incident.acknowledge', value: '{"id":"INC-3"}' }],
};

describe('a message that another app has marked', () => {
  const relbot = { appId: 'A0RELBOT', botId: 'B0RELBOT', userId: 'U0RELBOT' };
  const metadata = { event_type: 'canary_health', event_payload: { version: '1.5.0' } };

  test('reaches its handler with the app that posted it', async () => {
    const { ts } = await slack.postAs(relbot, incidents, { text: 'canary 1.5.0', metadata });
    expect(await work()).toEqual([{ status: 'handled' }]);
    expect(marked).toEqual([
      {
        eventType: 'canary_health',
        payload: { version: '1.5.0' },
        appId: 'A0RELBOT',
        conversation: incidents,
        messageTs: ts,
        inboxId: expect.stringMatching(/^slack\/event\/Ev/),
      },
    ]);
  });

  test('with something else is for nobody, and why is kept', async () => {
    const other = { event_type: 'task_created', event_payload: {} };
    await slack.postAs(relbot, incidents, { text: 'a task', metadata: other });
    expect(await work()).toEqual([{ status: 'ignored', why: 'not ours' }]);
  });

  test("by another company's app in a shared conversation is ignored", async () => {
    await slack.postAs(relbot, incidents, { text: 'canary 1.5.0', metadata });
    const [item] = inbox.values();
    // The event comes for our workspace, and names the one of the app within.
    const body = item!.body.replace(/(event\\":.*?team_id\\":\\")T0LASTGOOD/, '$1T0OTHER');
    expect(body).not.toBe(item!.body);
    expect(await receiver.process({ ...item!, body })).toEqual({
      status: 'ignored',
      why: 'its message is from the workspace T0OTHER',
    });
    expect(marked).toEqual([]);
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
