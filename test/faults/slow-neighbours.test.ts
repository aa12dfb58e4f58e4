import { describe, test, type ExpectStatic } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { effectIds } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until, type Process } from './support/process.ts';

/** Longer than any deadline of ours for an answer. */
const patience = 60_000;
const releases = conversations.releases.id;

describe.concurrent('An answer that takes longer than we wait for it', () => {
  test('of PagerDuty holds up neither Slack nor mail, and rings once', async ({ expect, onTestFinished }) => {
    const { town, bot } = await begin(onTestFinished);
    town.pagerduty.fail({ hang: true, applied: true, times: 1 });
    await fires(town, expect);
    await until('Slack and mail have called', () => slackCalls(town) === 1 && mails(town).length === 1);
    await until('it is tried again', () => triedAgain(bot, 'it took too long'), patience);
    await allIsSaid(town);
    expect(town.pagerduty.alerts()).toHaveLength(1);
    expect(slackCalls(town)).toBe(1);
    nothingTwice(town, expect);
  }, 120_000);

  test('of Slack holds up neither PagerDuty nor mail, and nobody is called twice', async ({
    expect,
    onTestFinished,
  }) => {
    const { town, bot } = await begin(onTestFinished);
    town.slack.fail({ path: 'chat.postMessage', hang: true, applied: true, times: 2 });
    await fires(town, expect);
    await until('PagerDuty and mail have called', () => rings(town) === 1 && mails(town).length === 1);
    await until('it is tried again', () => triedAgain(bot, 'Slack could not be reached'), patience);
    await allIsSaid(town);
    expect([slackCalls(town), rings(town)]).toEqual([1, 1]);
    nothingTwice(town, expect);
  }, 120_000);

  test('of the mail server holds up neither PagerDuty nor Slack, and the mail is one', async ({
    expect,
    onTestFinished,
  }) => {
    const { town, bot } = await begin(onTestFinished);
    town.mail.fail('hang', { times: 1 });
    await fires(town, expect);
    await until('PagerDuty and Slack have called', () => rings(town) === 1 && slackCalls(town) === 1);
    await until('it is tried again', () => triedAgain(bot, 'The mail server gave no answer'), patience);
    await until('the mail is there', () => mails(town).length > 0, patience);
    await allIsSaid(town);
    expect(new Set(mails(town)).size).toBe(1);
    nothingTwice(town, expect);
  }, 120_000);

  test('of GitHub and of Sentry starts nothing twice: one run, one deploy, and the rollback is done', async ({
    expect,
    onTestFinished,
  }) => {
    const { town } = await begin(onTestFinished);
    town.github.fail({ path: '/dispatches', hang: true, applied: true, times: 1 });
    town.sentry.fail({ path: '/deploys', hang: true, applied: true, times: 1 });
    await town.slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
    await until('the plan is on its card', () => cardSays(town, 'Waits for approval'));
    await town.slack.as(people.ben.id).click(releases, cardOf(town)?.ts ?? '', 'operation.approve');
    await until('it is done', () => cardSays(town, '*Done.*'), patience);
    expect([town.github.failure(), town.sentry.failure()]).toEqual([undefined, undefined]);
    expect(town.github.runs()).toHaveLength(1);
    expect(town.sentry.releases().flatMap(({ deploys }) => deploys)).toHaveLength(1);
    nothingTwice(town, expect);
  }, 120_000);
});

async function begin(
  onTestFinished: (close: () => Promise<void>) => void,
): Promise<{ readonly town: Neighbourhood; readonly bot: Process }> {
  const town = await startNeighbourhood();
  onTestFinished(town.close);
  return { town, bot: await town.start() };
}

function nothingTwice(town: Neighbourhood, expect: ExpectStatic): void {
  const ids = effectIds(town.posted());
  expect(ids).toEqual([...new Set(ids)]);
}

async function fires(town: Neighbourhood, expect: ExpectStatic): Promise<void> {
  const alert = { key: 'down', title: 'Nobody can pay', service: 'checkout', severity: 'P0' };
  expect(await town.alert({ ...alert, status: 'firing' })).toBe(202);
}

/** Each of the three ways has a receipt, and the card counts them. */
function allIsSaid(town: Neighbourhood): Promise<true> {
  return until('all three have delivered', () => incidentCardSays(town, '3 pages delivered'), patience);
}

function rings(town: Neighbourhood): number {
  return town.pagerduty.alerts().length;
}

function slackCalls(town: Neighbourhood): number {
  return town.slack.messages('D0ANA').length;
}

function mails(town: Neighbourhood): readonly unknown[] {
  return town.mail.mails().map(({ headers }) => headers['message-id']);
}

function triedAgain(bot: Process, why: string): boolean {
  return bot
    .log()
    .split('\n')
    .some((line) => line.includes('an effect is tried again') && line.includes(why));
}

function cardOf(town: Neighbourhood) {
  return town.slack.messages(releases).find(({ thread_ts }) => thread_ts === undefined);
}

function cardSays(town: Neighbourhood, words: string): boolean {
  return JSON.stringify(cardOf(town)?.blocks ?? []).includes(words);
}

function incidentCardSays(town: Neighbourhood, words: string): boolean {
  const cards = town.slack.messages(conversations.incidents.id);
  return JSON.stringify(cards[0]?.blocks ?? []).includes(words);
}
