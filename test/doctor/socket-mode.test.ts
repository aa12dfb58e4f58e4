import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWard, troubles, type Ward } from './ward.ts';

let ward: Ward;
beforeAll(async () => {
  ward = await openWard('socket');
});
afterAll(() => ward.close());

const ofBot = (app: string | undefined) => ({
  slack: [{ path: /bots\.info/, body: { ok: true, bot: { id: 'B0LASTGOOD', app_id: app } } }],
});

test('finds nothing wrong with an app in Socket Mode, and takes no connection up', async () => {
  const findings = await ward.call();
  expect(troubles(findings)).toEqual([]);
  expect(findings).toContainEqual(expect.objectContaining({ name: 'SLACK_APP_TOKEN', status: 'ok' }));
  expect(ward.neighbours.slack.sockets?.connections()).toBe(0);
});

test('tells of two tokens that are of different apps', async () => {
  const findings = await ward.call({ answers: ofBot('A0ANOTHER') });
  expect(troubles(findings)).toEqual([
    {
      area: 'Slack',
      name: 'SLACK_APP_TOKEN',
      status: 'wrong',
      what: expect.stringContaining('is of the app A0LASTGOOD, and SLACK_BOT_TOKEN of A0ANOTHER'),
      advice: 'Take both tokens from the pages of the same app.',
    },
  ]);
});

test('tells nothing of apps that Slack does not name', async () => {
  expect(troubles(await ward.call({ answers: ofBot(undefined) }))).toEqual([]);
});
