import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { nearly, partsOf, wordOf } from './support/near.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

test('Whatever Slack sends to the whole product: it is answered, nothing changes, and the next one is understood', async () => {
  const url = `${world.bot().url}/slack/events`;
  const signingSecret = reveal(world.settings.slack.signingSecret!);
  const releases = conversations.releases.id;
  const typed = () => world.slack.payloadForCommand(people.ana.id, releases, '/incident', 'list');
  const command = Object.fromEntries(new URLSearchParams(typed().body));
  const where = { type: 'message', message_ts: '1.1', channel_id: releases };
  const { id: team } = world.slack.team;
  const click = {
    type: 'block_actions',
    team: { id: team },
    user: { id: people.ana.id, team_id: team },
    container: where,
    trigger_id: '1.1',
    response_url: command['response_url'],
    actions: [
      {
        type: 'button',
        action_id: 'operation.approve',
        block_id: 'b',
        value: '{"id":"OP-1","hash":"0123456789abcdef"}',
      },
    ],
  };
  const metadata = { event_type: 'canary_health', event_payload: { channel: 'canary', version: '1.0.0' } };
  const event = {
    type: 'event_callback',
    team_id: team,
    event_id: 'Ev1',
    event: {
      type: 'message_metadata_posted',
      app_id: 'A0X',
      team_id: team,
      channel_id: releases,
      message_ts: '1.1',
      metadata,
    },
  };
  const requests = fc.oneof(
    nearly(click).map((value) => ({
      body: new URLSearchParams({ payload: JSON.stringify(value) ?? '' }).toString(),
    })),
    nearly(event).map((value) => ({
      body: JSON.stringify(value) ?? '',
      contentType: 'application/json' as const,
    })),
    nearly(command).map((value) => ({
      body: new URLSearchParams(
        partsOf(value).map(([name, part]): [string, string] => [name, wordOf(part)]),
      ).toString(),
    })),
  );
  let n = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      // Another one each time, as far as Slack's ids go.
      n += 1;
      const body = request.body.replace('Ev1', `Ev${n}`).replace('1.1', `1.${n}`);
      const signed = signSlackRequest({
        ...request,
        url,
        body,
        signingSecret,
        at: new Date(world.clock.now()),
      });
      const { status } = await send(url, signed.headers, signed.body);
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 150, endOnFailure: true },
  );
  await world.settle();
  const { store } = world.bot();
  expect(await store.listStreams('operation')).toEqual([]);
  expect(await store.listStreams('incident')).toEqual([]);
  expect(await store.unsettledInbox()).toEqual([]);
  const answers = world.slack.ephemerals(people.ana.id).length;
  await world.type(people.ana.id, '/incident list');
  expect(world.slack.ephemerals(people.ana.id)).toHaveLength(answers + 1);
  expect(world.told(people.ana.id)).toContain('No incident is open');
});
