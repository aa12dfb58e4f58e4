import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MovableClock } from '../../src/sandbox/movable-clock.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import type { SlackItem } from '../../src/slack/item.ts';
import { slackOverSocket, type SlackSocket } from '../../src/slack/socket-mode.ts';
import { secret } from '../../src/trust/secrets.ts';
import { start } from './states.ts';
import { incidents, startWorkspace } from './workspace.ts';

const appToken = 'xapp-of-a-test';

let slack: Slack;
let clock: MovableClock;
let socket: SlackSocket;
let inbox: Map<string, SlackItem>;
let said: { readonly level: string; readonly message: string }[];
/** Holds the store back, as a slow or a full disk does. */
let store: (item: SlackItem) => Promise<void>;

beforeEach(async () => {
  inbox = new Map();
  said = [];
  store = () => Promise.resolve();
  clock = movableClock({ start, running: false });
  slack = await startWorkspace(() => undefined, appToken);
  socket = newSocket();
});

afterEach(async () => {
  await socket.stop();
  await slack.close();
  clock.stop();
});

function newSocket(token = appToken): SlackSocket {
  const say = (level: string) => (_fields: object, message: string) => said.push({ level, message });
  return slackOverSocket({
    appToken: secret(token),
    apiUrl: slack.url,
    timeout: 2_000,
    clock,
    random: () => 0.5,
    log: { info: say('info'), warn: say('warn'), error: say('error') },
    receive: async (item) => {
      await store(item);
      const isNew = !inbox.has(item.id);
      if (isNew) inbox.set(item.id, item);
      return { new: isNew };
    },
  });
}

async function connect(): Promise<void> {
  socket.start();
  await slack.sockets?.connected();
  await vi.waitFor(() => expect(socket.downSince()).toBeUndefined());
}

/** The store takes its time until it is told to be done. */
function holdStore(): { readonly now: () => void; readonly isHolding: () => boolean } {
  let release: (() => void) | undefined;
  store = () => new Promise((resolve) => (release = resolve));
  return { now: () => release?.(), isHolding: () => release !== undefined };
}

/** Time passes, and whoever it wakes gets on with it: the answers come over real sockets, which need a moment. */
const pass = (milliseconds: number) =>
  clock.advance(milliseconds, () => new Promise((resolve) => setTimeout(resolve, 100)));

const anaTypes = (text = 'stable 1.4.2 5xx') => slack.as('U0ANA').command(incidents, '/rollback', text);
const messages = (level: string) => said.filter((each) => each.level === level).map(({ message }) => message);

describe('what comes over the socket', () => {
  beforeEach(connect);

  test('is in the inbox before it is acknowledged', async () => {
    const order: string[] = [];
    store = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push('stored');
    };
    const delivery = await anaTypes();
    order.push('acknowledged');
    expect(delivery).toEqual({ status: 200, body: '' });
    expect(order).toEqual(['stored', 'acknowledged']);
    expect([...inbox.values()]).toMatchObject([
      { id: expect.stringMatching(/^slack\/trigger\//), source: 'slack', at: start },
    ]);
  });

  test('is not acknowledged when it cannot be stored, and taken when it comes again', async () => {
    store = () => Promise.reject(new Error('disk full'));
    const request = slack.payloadForCommand('U0ANA', incidents, '/rollback', 'stable 1.4.2 5xx');
    const first = slack.deliver(request);
    await vi.waitFor(() => expect(messages('error')).toHaveLength(1));
    expect(slack.sockets?.outstanding()).toBe(1);
    store = () => Promise.resolve();
    expect(await slack.deliver(request)).toEqual({ status: 200, body: '' });
    expect(inbox.size).toBe(1);
    slack.sockets?.drop();
    expect(await first).toEqual({ status: 0, body: 'dispatch_failed' });
  });

  test('twice at the same time has one place in the inbox', async () => {
    const request = slack.payloadForCommand('U0ANA', incidents, '/rollback', 'stable 1.4.2 5xx');
    const both = await Promise.all([slack.deliver(request), slack.deliver(request)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(inbox.size).toBe(1);
  });

  test('and could not be acknowledged over a connection that broke is known when it comes again', async () => {
    const request = slack.payloadForCommand('U0ANA', incidents, '/rollback', 'stable 1.4.2 5xx');
    store = () => {
      slack.sockets?.drop();
      return Promise.resolve();
    };
    expect(await slack.deliver(request)).toEqual({ status: 0, body: 'dispatch_failed' });
    store = () => Promise.resolve();
    await vi.waitFor(() => expect(socket.downSince()).toBeDefined());
    await pass(1_000);
    await slack.sockets?.connected();
    expect(await slack.deliver(request)).toEqual({ status: 200, body: '' });
    expect(inbox.size).toBe(1);
  });

  test('and makes no sense ends nothing', async () => {
    slack.sockets?.sendToAll('no JSON');
    slack.sockets?.sendToAll('[]');
    slack.sockets?.sendToAll('null');
    slack.sockets?.sendToAll(
      '{"type":"events_api","envelope_id":"e1","payload":{"type":"app_rate_limited"}}',
    );
    slack.sockets?.sendToAll('{"type":"interactive","envelope_id":"e2","payload":"text"}');
    expect(await anaTypes()).toEqual({ status: 200, body: '' });
    expect(inbox.size).toBe(1);
  });
});

describe('the connection', () => {
  test.each(['warning', 'refresh_requested'])(
    'that Slack renews (%s) is replaced before it is given up',
    async (reason) => {
      await connect();
      const release = holdStore();
      const underWay = anaTypes('under way');
      await vi.waitFor(() => expect(release.isHolding()).toBe(true));
      slack.fail({ hang: true, path: 'apps.connections.open' });
      slack.sockets?.sayGoodbye(reason);
      release.now();
      expect(await underWay).toEqual({ status: 200, body: '' });
      slack.heal();
      store = () => Promise.resolve();
      await vi.waitFor(() => expect(slack.sockets?.connections()).toBe(1));
      expect(await anaTypes('afterwards')).toEqual({ status: 200, body: '' });
      expect(said.filter(({ level }) => level !== 'info')).toEqual([]);
    },
  );

  test('that breaks is opened anew', async () => {
    await connect();
    for (let time = 0; time < 3; time += 1) {
      slack.sockets?.drop();
      await vi.waitFor(() => expect(socket.downSince()).toBeDefined());
      await pass(5_000);
      await vi.waitFor(() => expect(socket.downSince()).toBeUndefined());
    }
    expect(await anaTypes()).toEqual({ status: 200, body: '' });
    expect(messages('error')).toEqual([]);
  });

  test.each([
    ['500', { status: 500 }],
    ['trouble of its own', { error: 'internal_error' }],
    ['a connection that nobody answers', { hang: true, status: 502 }],
  ])('is tried again and again when Slack answers %s', async (_name, failure) => {
    slack.fail({ ...failure, path: 'apps.connections.open' });
    socket.start();
    await vi.waitFor(() => expect(socket.downSince()).toBe(start));
    await pass(70_000);
    expect(messages('warn')).toEqual([expect.stringContaining('it is tried again')]);
    expect(messages('error')).toEqual([expect.stringContaining('for more than a minute')]);
    slack.heal();
    await pass(30_000);
    await vi.waitFor(() => expect(socket.downSince()).toBeUndefined());
    expect(messages('info')).toEqual([expect.stringMatching(/^Slack is connected again, after 1m/)]);
    expect(await anaTypes()).toEqual({ status: 200, body: '' });
  });

  test('is left alone for as long as Slack asks', async () => {
    slack.fail({ retryAfter: 20, times: 1, path: 'apps.connections.open' });
    socket.start();
    await vi.waitFor(() => expect(messages('warn')).toHaveLength(1));
    await pass(19_000);
    expect(slack.sockets?.connections()).toBe(0);
    await pass(1_000);
    await slack.sockets?.connected();
    expect(slack.sockets?.connections()).toBe(1);
  });

  test('with a wrong token is said once, with what to do, and tried seldom', async () => {
    socket = newSocket('xapp-of-another-app');
    socket.start();
    await vi.waitFor(() => expect(messages('error')).toHaveLength(1));
    await pass(21 * 60_000);
    expect(messages('error')).toEqual([
      expect.stringContaining(
        'Slack does not accept SLACK_APP_TOKEN (invalid_auth): copy it again, or make a new app-level token',
      ),
    ]);
    expect(messages('warn')).toEqual([]);
  });

  test('of an app whose Socket Mode is switched off is not opened over and over', async () => {
    await connect();
    slack.sockets?.sayGoodbye('link_disabled');
    await vi.waitFor(() => expect(messages('error')).toEqual([expect.stringContaining('switched off')]));
    await pass(60_000);
    expect(slack.sockets?.connections()).toBe(0);
  });

  test('that never says hello is given up', async () => {
    slack.sockets?.saysHello(false);
    socket.start();
    await slack.sockets?.connected();
    slack.sockets?.saysHello(true);
    await pass(21_000);
    expect(messages('warn')).toHaveLength(1);
    await vi.waitFor(() => expect(socket.downSince()).toBeUndefined());
    expect(await anaTypes()).toEqual({ status: 200, body: '' });
  });
});

describe('stopping', () => {
  test('acknowledges what was taken, and takes nothing new', async () => {
    await connect();
    const release = holdStore();
    const taken = anaTypes('taken');
    await vi.waitFor(() => expect(release.isHolding()).toBe(true));
    const stopped = socket.stop();
    const tooLate = anaTypes('too late');
    await new Promise((resolve) => setTimeout(resolve, 30));
    release.now();
    await stopped;
    expect(await taken).toEqual({ status: 200, body: '' });
    expect(await tooLate).toEqual({ status: 0, body: 'dispatch_failed' });
    expect(inbox.size).toBe(1);
    await vi.waitFor(() => expect(slack.sockets?.connections()).toBe(0));
  });

  test.each([
    ['while Slack is away', { status: 503 }],
    ['while Slack does not answer', { hang: true }],
  ])('works %s, too', async (_name, failure) => {
    slack.fail({ ...failure, path: 'apps.connections.open' });
    socket.start();
    await vi.waitFor(() => expect(socket.downSince()).toBe(start));
    await socket.stop();
    slack.heal();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(slack.sockets?.connections()).toBe(0);
  });
});
