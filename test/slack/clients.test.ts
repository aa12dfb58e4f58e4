import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebAPIRateLimitedError } from '@slack/web-api';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import { lookUpUser, slackClients, workspaceOf } from '../../src/slack/clients.ts';
import { politeFetch } from '../../src/slack/polite-fetch.ts';
import { outcomeOf } from '../../src/slack/posting.ts';
import { accessTo, clientsOf, incidents, startWorkspace } from './workspace.ts';

let slack: Slack;

beforeEach(async () => {
  slack = await startWorkspace();
});

afterEach(() => slack.close());

test('a rate limit for one client holds up neither itself nor the others; how long to wait goes to the outbox', async () => {
  const { timeline, paging, interaction } = clientsOf(slack);
  slack.fail({ retryAfter: 3_600, path: 'chat.postMessage', times: 1 });
  const limited: unknown = await timeline.chat
    .postMessage({ channel: incidents, text: 'a line' })
    .catch((error: unknown) => error);
  expect(limited).toBeInstanceOf(WebAPIRateLimitedError);
  expect(outcomeOf(limited, false, '#incidents')).toEqual({
    status: 'retry',
    why: 'Slack asks us to slow down',
    after: 3_600_000,
    putOff: true,
    mayHaveHappened: false,
  });

  // Were a queue paused for an hour, these would not come back in the time of a test.
  await paging.chat.postMessage({ channel: incidents, text: 'a page' });
  expect(await lookUpUser(interaction, 'U0ANA')).toMatchObject({ id: 'U0ANA' });
  await timeline.chat.postMessage({ channel: incidents, text: 'the line, later' });
  expect(slack.messages(incidents).map(({ text }) => text)).toEqual(['a page', 'the line, later']);
});

test('what Slack has put off stays off for as long as it asked, whichever client wants it; other conversations do not', async () => {
  let now = 0;
  const { timeline, paging } = slackClients(
    accessTo(slack),
    politeFetch(() => now),
  );
  const post = (client: typeof timeline, channel: string) =>
    client.chat.postMessage({ channel, text: 'a line' }).then(
      () => 'posted',
      (error: unknown) => (error as WebAPIRateLimitedError).retryAfter,
    );
  slack.fail({ retryAfter: 30, path: 'chat.postMessage', times: 1 });
  expect(await post(timeline, incidents)).toBe(30);
  now = 12_500;
  // Slack itself would take it again: it was not even asked.
  expect([await post(paging, incidents), await post(timeline, 'U0ANA')]).toEqual([17.5, 'posted']);
  now = 30_000;
  expect(await post(timeline, incidents)).toBe('posted');
});

test('what Slack has put off does not wait for an hour longer because the clock was set back', async () => {
  let now = 3_600_000;
  const { timeline } = slackClients(
    accessTo(slack),
    politeFetch(() => now),
  );
  const post = () => timeline.chat.postMessage({ channel: incidents, text: 'a line' });
  slack.fail({ retryAfter: 30, path: 'chat.postMessage', times: 1 });
  await expect(post()).rejects.toThrow(/rate/i);
  now = 0;
  expect((await post()).ok).toBe(true);
});

test('who we are is asked once for all who wait, and again for those who come after a failure', async () => {
  const workspace = workspaceOf(clientsOf(slack).interaction);
  slack.fail({ path: 'auth.test', times: 1 });
  const waiting = await Promise.allSettled([workspace(), workspace(), workspace()]);
  expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  // One failure was all there was: had it been asked thrice, two would have been answered.
  expect(await workspace()).toMatchObject({ teamId: 'T0LASTGOOD' });
});

test('who we are is asked once', async () => {
  const workspace = workspaceOf(clientsOf(slack).interaction);
  expect(await workspace()).toEqual({
    teamId: 'T0LASTGOOD',
    url: 'https://lastgood-sandbox.slack.com/',
    enterpriseId: undefined,
    wholeEnterprise: false,
    botId: 'B0LASTGOOD',
    botUserId: 'U0LASTGOOD',
  });
  slack.fail({ path: 'auth.test' });
  expect(await workspace()).toMatchObject({ teamId: 'T0LASTGOOD' });
});
