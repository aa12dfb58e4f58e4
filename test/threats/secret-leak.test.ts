import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startBot, type Bot } from '../../src/bot/bot.ts';
import { createLog } from '../../src/bot/log.ts';
import { secretsOf, type Settings } from '../../src/config.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import type { SignedRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { storeId } from '../support/given.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const { ana, ben } = people;
const incidents = conversations.incidents.id;
const mailPassword = 'the/password+of the=mail';

/** What the neighbours' own answers quote from the request: what it was authorised with, and what it carried. */
type Misanswer = (response: ServerResponse, echo: string) => void;

const json =
  (status: number): Misanswer =>
  (response, echo) => {
    // Wherever a client may look for words.
    const words = {
      error: 'missing_scope',
      needed: echo,
      message: echo,
      detail: echo,
      errors: [echo, { message: echo }],
    };
    const more = {
      ok: false,
      status: echo,
      response_metadata: { messages: [echo] },
      documentation_url: echo,
    };
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...words, ...more }));
  };

const misanswers: Readonly<Record<string, Misanswer>> = {
  'an error in JSON with 200': json(200),
  'a refusal, 400': json(400),
  'a refusal, 401': json(401),
  'a refusal, 422': json(422),
  'its own failure, 500': json(500),
  'a page of a proxy': (response, echo) =>
    void response.writeHead(403, { 'content-type': 'text/html' }).end(`<h1>Forbidden</h1><pre>${echo}</pre>`),
  'something that is no JSON': (response, echo) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(`{"${echo}`),
  'a redirect': (response, echo) =>
    void response.writeHead(302, { location: `http://127.0.0.1:9/?${encodeURIComponent(echo)}` }).end(),
};

/** Stands in front of a neighbour, and answers in its place while it misbehaves. */
interface Front {
  readonly url: string;
  misanswer: Misanswer | undefined;
  readonly close: () => void;
}

let world: StillWorld;
let fronts: Readonly<Record<'slack' | 'github' | 'sentry' | 'pagerduty', Front>>;
let smtp: SMTPServer;
let bot: Bot;
let settings: Settings;
let log: string[];

beforeEach(async () => {
  world = await stillWorld({
    'channels.yml': (yaml) =>
      yaml.replaceAll('deadline: 10m', 'deadline: 20s').replaceAll('target: 2m', 'target: 10s'),
  });
  fronts = {
    slack: await startFront(world.slack.url, /chat\./),
    github: await startFront(world.github.url, /./),
    sentry: await startFront(world.sentry.url, /./),
    pagerduty: await startFront(world.pagerduty.url, /./),
  };
  smtp = await startSmtpThatQuotes();
  const { port } = smtp.server.address() as AddressInfo;
  const { slack, github, sentry, pagerduty, mail } = world.settings;
  settings = {
    ...world.settings,
    slack: { ...slack, apiUrl: fronts.slack.url },
    github: { ...github!, apiUrl: fronts.github.url },
    sentry: { ...sentry!, url: fronts.sentry.url },
    pagerduty: { ...pagerduty!, eventsUrl: fronts.pagerduty.url },
    mail: {
      ...mail!,
      smtpUrl: secret(`smtp://lastgood:${encodeURIComponent(mailPassword)}@127.0.0.1:${port}`),
    },
  };
  log = [];
  await world.stopBot();
  bot = await startBot({
    settings,
    policies: world.policies,
    clock: world.clock,
    random: () => 0.5,
    log: createLog({
      level: 'trace',
      secrets: secretsOf(settings),
      write: (line) => log.push(line),
      onError: () => undefined,
    }),
  });
});
afterEach(async () => {
  await bot.stop();
  for (const front of Object.values(fronts)) front.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  await world.close();
});

test('No secret is told to anybody, whatever the neighbours say', async () => {
  let round = 0;
  for (const misanswer of Object.values(misanswers)) {
    for (const culprit of ['github', 'sentry'] as const) {
      round += 1;
      fronts.slack.misanswer = misanswer;
      fronts.pagerduty.misanswer = misanswer;
      await alert(`Round ${round}`);
      fronts.slack.misanswer = undefined;
      fronts.pagerduty.misanswer = undefined;
      await pass(60_000);
      fronts[culprit].misanswer = misanswer;
      await rollBack(round);
      fronts[culprit].misanswer = undefined;
      await command(ana.id, '/incident', `resolve INC-${round} enough`);
      await pass(60_000);
      await command(ana.id, '/channels', `set stable 1.5.${round} the next one`);
    }
  }
  await bot.stop();

  const places: Readonly<Record<string, string>> = {
    'the log': log.join(''),
    Slack: JSON.stringify([
      world.slack.conversations().map(({ id }) => world.slack.messages(id)),
      [ana, ben].map(({ id }) => world.slack.ephemerals(id)),
    ]),
    mails: JSON.stringify(world.mail.mails()),
    PagerDuty: JSON.stringify(world.pagerduty.log().map(({ body }) => ({ ...body, routing_key: undefined }))),
    GitHub: JSON.stringify(world.github.runs()),
    Sentry: JSON.stringify(world.sentry.releases()),
    'the store': await bytesBelow(settings.dataDir),
    'the registry': await bytesBelow(settings.securityDir),
  };
  const leaks = Object.entries(places).flatMap(([place, said]) =>
    canaries().flatMap((canary) => {
      const at = said.indexOf(canary);
      return at < 0 ? [] : [`${place}: …${said.slice(Math.max(0, at - 150), at + 60)}…`];
    }),
  );
  expect(leaks).toEqual([]);

  // It would prove nothing if what they said had not come through.
  for (const place of ['the log', 'Slack', 'the store']) expect(places[place]).toContain('[secret]');
  for (const means of ['PagerDuty', 'mail', 'Slack']) {
    expect(places['Slack']).toMatch(new RegExp(`Page to [^"]* by ${means} (may have )?FAILED`));
  }
}, 90_000);

/** Every secret, as it is and in the ways in which it travels. */
function canaries(): readonly string[] {
  const token = 'a-token-that-only-the-sandbox-knows';
  const values = [...secretsOf(settings).map(reveal), mailPassword, token];
  return values.flatMap((value) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(`\0lastgood\0${value}`).toString('base64'),
  ]);
}

async function bytesBelow(folder: string): Promise<string> {
  const files = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(files)).join('\n');
}

async function startFront(target: string, path: RegExp): Promise<Front> {
  const { origin, pathname } = new URL(target);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { url = '/', method = 'GET', headers } = request;
    if (front.misanswer && path.test(url)) {
      const quoted = `${headers.authorization} ${/"routing_key":"\w+"/.exec(body)?.[0]}`;
      return front.misanswer(response, quoted);
    }
    const answered = await fetch(`${origin}${url}`, {
      method,
      headers: {
        'content-type': headers['content-type'] ?? 'text/plain',
        ...(headers.authorization && { authorization: headers.authorization }),
      },
      ...(method === 'POST' && { body }),
    });
    const type = answered.headers.get('content-type') ?? 'text/plain';
    response.writeHead(answered.status, { 'content-type': type }).end(await answered.text());
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname.replace(/^\/$/, '')}`,
    misanswer: undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return front;
}

/** A mail server that lets nobody in, and says with what they tried. */
async function startSmtpThatQuotes(): Promise<SMTPServer> {
  const server = new SMTPServer({
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onAuth: ({ username, password }, _session, done) => {
      const plain = Buffer.from(`\0${username}\0${password}`).toString('base64');
      done(new Error(`535 nobody gets in with ${password} (AUTH PLAIN ${plain})`));
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await bot.quiet();
    await new Promise(setImmediate);
  }
}

function pass(milliseconds: number): Promise<void> {
  return world.clock.advance(milliseconds, settle);
}

async function send(request: SignedRequest): Promise<void> {
  const { status } = await world.slack.deliver({ ...request, url: `${bot.url}/slack/events` });
  expect(status).toBe(200);
  await settle();
}

function command(who: string, name: string, words: string): Promise<void> {
  return send(world.slack.payloadForCommand(who, incidents, name, words));
}

async function alert(title: string): Promise<void> {
  const response = await fetch(`${bot.url}/webhooks/generic`, {
    method: 'POST',
    headers: { authorization: 'Bearer a-token-that-only-the-sandbox-knows' },
    body: JSON.stringify({ key: title, status: 'firing', title, service: 'checkout', severity: 'critical' }),
  });
  expect(response.status).toBe(202);
  await settle();
}

async function rollBack(round: number): Promise<void> {
  await command(ana.id, '/rollback', 'stable 1.4.2 it is bad');
  const card = world.slack
    .messages(incidents)
    .findLast(({ blocks }) => JSON.stringify(blocks).includes('"operation.approve"'));
  expect(card, `the plan of round ${round}`).toBeDefined();
  await send(world.slack.payloadForClick(ben.id, incidents, card!.ts, 'operation.approve'));
  await pass(3 * 60_000);
  const settleButton = world.slack
    .messages(incidents)
    .findLast(({ blocks }) => JSON.stringify(blocks).includes('"operation.settle"'));
  if (settleButton) {
    const value = JSON.stringify({ id: `OP-${round}`, outcome: 'failed', store: storeId });
    await send(
      world.slack.payloadForClick(ben.id, incidents, settleButton.ts, {
        actionId: 'operation.settle',
        value,
      }),
    );
  }
}
