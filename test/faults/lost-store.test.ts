import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pagerdutyUsers, people } from '../../src/sandbox/cast.ts';
import { buttonsOf } from '../support/shown-buttons.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood();
});
afterEach(() => town.close());

test('The store is lost: the INC-1 of the next one is not the INC-1 that PagerDuty, mail programs and Slack remember', async () => {
  const bot = await town.start();
  expect(await fires()).toBe(202);
  await until('Ana is paged', () => pages().length === 1 && mails().length === 1);
  await bot.terminate();
  await rm(town.folders.dataDir, { recursive: true });

  await town.start();
  expect(await fires()).toBe(202);
  await until('Ana is paged again', () => pages().length === 2 && mails().length === 2);
  const [old, anew] = pages();
  expect(anew?.status).toBe('triggered');
  expect(new Set(mails()).size).toBe(2);

  // Whoever acknowledges the page of then has not acknowledged this one.
  await town.pagerduty.press(pagerdutyUsers.ana, 'acknowledge', old?.dedupKey ?? '');
  await town.pagerduty.delivered();
  await town.pagerduty.press(pagerdutyUsers.ben, 'acknowledge', anew?.dedupKey ?? '');
  await until('somebody has it', () => said('Acknowledged by Ben Okafor'));
  expect(said('Acknowledged by Ana Ruiz')).toBe(false);
}, 60_000);

test('The store is lost: a button of then does nothing to the INC-1 of today', async () => {
  const bot = await town.start();
  expect(await fires()).toBe(202);
  await until('there is a card', () => acknowledgeButtons().length === 1);
  const [old] = acknowledgeButtons();
  if (!old) throw new Error('there is no button');
  await bot.terminate();
  await rm(town.folders.dataDir, { recursive: true });

  await town.start();
  expect(await fires()).toBe(202);
  await until('there is a second card', () => acknowledgeButtons().length === 2);
  const anew = acknowledgeButtons().find(({ click }) => click.messageTs !== old.click.messageTs);
  const ben = town.slack.as(people.ben.id);
  await ben.clickStale(old.click);
  await until('Ben is told why not', () => town.slack.ephemerals(people.ben.id).length === 1);
  expect(town.slack.ephemerals(people.ben.id)[0]?.text).toContain(
    'from before Lastgood’s records began anew',
  );
  expect(said('Acknowledged by')).toBe(false);

  if (!anew) throw new Error('there is no new button');
  await ben.clickStale(anew.click);
  await until('Ben has it', () => said('Acknowledged by Ben Okafor'));
  expect(said('Acknowledged by Ben Okafor')).toBe(true);
}, 60_000);

/** On cards of INC-1, and not in a direct message. */
function acknowledgeButtons() {
  return buttonsOf(town.slack).filter(
    ({ card, inDirectMessage, click }) =>
      card === 'INC-1' && !inDirectMessage && click.actionId === 'incident.acknowledge',
  );
}

function fires(): Promise<number | undefined> {
  const alert = { key: 'down', status: 'firing', title: 'Nobody can pay', service: 'checkout' };
  return town.alert({ ...alert, severity: 'critical' });
}

function pages() {
  return town.pagerduty.alerts().map(({ dedupKey, state }) => ({ dedupKey, status: state }));
}

function mails(): readonly unknown[] {
  return town.mail.mails().map(({ headers }) => headers['message-id']);
}

function said(words: string): boolean {
  return town.posted().some(({ text }) => text.includes(words));
}
