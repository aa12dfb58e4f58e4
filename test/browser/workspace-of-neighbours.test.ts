import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startGithub } from '../../src/sandbox/neighbours/github.ts';
import { startMail } from '../../src/sandbox/neighbours/mail.ts';
import { startPagerduty } from '../../src/sandbox/neighbours/pagerduty.ts';
import { startSentry } from '../../src/sandbox/neighbours/sentry.ts';
import { startSlack } from '../../src/sandbox/neighbours/slack.ts';
import { workspaceOfNeighbours } from '../../src/sandbox/page/workspace-of-neighbours.ts';
import type { BotSide, Neighbours } from '../../src/sandbox/page/workspace-of-neighbours.ts';
import { Refused } from '../../src/sandbox/page/workspace.ts';
import type { Workspace } from '../../src/sandbox/page/workspace.ts';
import { createWorkspaceFixture } from './workspace-fixture.ts';

const AT = new Date('2026-11-22T14:02:11Z');
const now = (): Date => AT;
const ANA = 'U0ANA';
const BEN = 'U0BEN';

let received: string[];
let answer: object;
let app: Server;
let neighbours: Neighbours;
let workspace: Workspace;
let healthFails: boolean;

beforeEach(async () => {
  received = [];
  answer = {};
  healthFails = false;
  app = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(body);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const requestUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events`;
  neighbours = {
    slack: await startSlack({
      now,
      signingSecret: 'secret',
      botToken: 'xoxb-1',
      people: [
        { id: ANA, name: 'ana', realName: 'Ana', email: 'ana@shop.example' },
        { id: BEN, name: 'ben', realName: 'Ben', email: 'ben@shop.example' },
      ],
      conversations: [{ id: 'C0INCIDENTS', name: 'incidents' }],
      requestUrl: () => requestUrl,
    }),
    github: await startGithub({ now, token: 'ghp_1', owner: 'shop', repo: 'shop', workflows: [] }),
    pagerduty: await startPagerduty({ now }),
    sentry: await startSentry({
      now,
      token: 'sntrys_1',
      organization: 'shop',
      projects: ['shop'],
      releases: [{ version: 'shop@1.5.0' }],
    }),
    mail: await startMail({ now }),
  };
  workspace = workspaceOfNeighbours(neighbours, createBotSide());
});

afterEach(async () => {
  await Promise.all(Object.values(neighbours).map((neighbour: Neighbours['mail']) => neighbour.close()));
  app.close();
});

function createBotSide(): BotSide {
  return {
    ...createWorkspaceFixture(),
    about: { incidents: 'Every incident of the shop.' },
    pagerdutyUser: (as) => (as === BEN ? { id: 'PBEN', name: 'Ben' } : undefined),
    runsTake: { polls: 1 },
    healthCheck: {
      isFailing: () => healthFails,
      setFailing(failing) {
        healthFails = failing;
      },
    },
  };
}

async function callSlack(method: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${neighbours.slack.url}${method}`, {
    method: 'POST',
    headers: { Authorization: 'Bearer xoxb-1', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

it('shows each person the conversations and messages that are theirs', async () => {
  await workspace.run(ANA, 'C0INCIDENTS', 'a < b & c');
  const dm = await callSlack('conversations.open', { users: BEN });
  const { id } = dm['channel'] as { id: string };
  await callSlack('chat.postMessage', { channel: id, text: 'You are paged.' });

  expect(workspace.conversations(ANA)).toEqual([
    {
      id: 'C0INCIDENTS',
      name: 'incidents',
      kind: 'public',
      about: 'Every incident of the shop.',
      messages: 1,
    },
  ]);
  expect(workspace.conversations(BEN)[1]).toMatchObject({
    id,
    name: 'Lastgood',
    kind: 'direct',
    messages: 1,
  });
  expect(workspace.messages(BEN, 'C0INCIDENTS')).toMatchObject([
    { from: { id: ANA, name: 'Ana', isBot: false }, text: 'a &lt; b &amp; c', onlyVisibleToYou: false },
  ]);
  expect(workspace.messages(BEN, id)).toMatchObject([{ from: { name: 'Lastgood', isBot: true } }]);
});

it('sends commands, shows their answer to that person alone, and takes none in threads', async () => {
  answer = { text: 'A reason is missing.' };
  await workspace.run(ANA, 'C0INCIDENTS', '/rollback stable 1.4.2');
  expect(Object.fromEntries(new URLSearchParams(received[0]))).toMatchObject({
    command: '/rollback',
    text: 'stable 1.4.2',
    user_id: ANA,
  });
  expect(workspace.messages(ANA, 'C0INCIDENTS')).toMatchObject([
    { text: 'A reason is missing.', onlyVisibleToYou: true, from: { name: 'Lastgood' } },
  ]);
  expect(workspace.messages(BEN, 'C0INCIDENTS')).toEqual([]);
  await expect(workspace.run(ANA, 'C0INCIDENTS', '/oncall', '1.2')).rejects.toThrow(Refused);
});

it('presses buttons, and says when one is gone or nobody answers', async () => {
  const elements = [
    { type: 'button', action_id: 'approve', value: 'OP-7', text: { type: 'plain_text', text: 'Approve' } },
  ];
  const posted = await callSlack('chat.postMessage', {
    channel: 'C0INCIDENTS',
    text: 'plan',
    blocks: [{ type: 'actions', elements }],
  });
  const ts = String(posted['ts']);
  const approve = { actionId: 'approve', value: 'OP-7' };
  await workspace.click(BEN, 'C0INCIDENTS', ts, approve);
  expect(new URLSearchParams(received[0]).get('payload')).toContain('"value":"OP-7"');
  await expect(workspace.click(BEN, 'C0INCIDENTS', ts, { actionId: 'reject' })).rejects.toThrow(
    'This button is no longer there.',
  );
  await expect(workspace.click(BEN, 'C0INCIDENTS', '1.2', approve)).rejects.toThrow('This message is gone.');
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
  await expect(workspace.click(BEN, 'C0INCIDENTS', ts, approve)).rejects.toThrow('Lastgood did not answer');
});

it('shows pages, mails and releases', async () => {
  await fetch(`${neighbours.pagerduty.url}/v2/enqueue`, {
    method: 'POST',
    body: JSON.stringify({
      routing_key: 'key',
      event_action: 'trigger',
      dedup_key: 'INC-12/1.1',
      payload: { summary: 'Checkout', source: 'lastgood', severity: 'critical' },
    }),
  });
  await createTransport(neighbours.mail.url).sendMail({
    from: 'lastgood@shop.example',
    to: 'dana@shop.example',
    subject: 'P0',
    text: 'Look.',
  });
  const at = AT.getTime();
  expect(workspace.pages()).toEqual([
    {
      key: 'INC-12/1.1',
      state: 'triggered',
      summary: 'Checkout',
      severity: 'critical',
      history: [{ at, action: 'trigger' }],
    },
  ]);
  expect(workspace.mails()).toMatchObject([{ to: ['dana@shop.example'], subject: 'P0', at }]);
  expect(workspace.releases()).toEqual([{ version: 'shop@1.5.0', status: 'open', deploys: [] }]);
});

it('presses a page with the account that a person has, and says when it cannot', async () => {
  const page = {
    routing_key: 'key',
    event_action: 'trigger',
    dedup_key: 'INC-12/1.1',
    payload: { summary: 'Checkout', source: 'lastgood', severity: 'critical' },
  };
  await fetch(`${neighbours.pagerduty.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(page) });
  await expect(workspace.pressPage(ANA, 'INC-12/1.1', 'acknowledge')).rejects.toThrow(Refused);
  await workspace.pressPage(BEN, 'INC-12/1.1', 'acknowledge');
  expect(workspace.pages()).toMatchObject([{ state: 'acknowledged' }]);
  await workspace.pressPage(BEN, 'INC-12/1.1', 'resolve');
  await expect(workspace.pressPage(BEN, 'INC-12/1.1', 'resolve')).rejects.toThrow(/over already/);
});

it('turns every neighbour to failing and back, and tells those who watch', async () => {
  let changes = 0;
  const stop = workspace.onChange(() => (changes += 1));
  for (const { name, states } of workspace.switches()) {
    for (const { value } of states.toReversed()) {
      await workspace.turn(name, value);
      expect(workspace.switches().find((one) => one.name === name)).toMatchObject({ name, state: value });
    }
  }
  expect(changes).toBeGreaterThanOrEqual(15);
  stop();
  const before = changes;
  await workspace.turn('health', 'failing');
  expect(healthFails).toBe(true);
  expect(changes).toBe(before);
  await expect(workspace.turn('weather', 'rain')).rejects.toThrow(Refused);
});
