import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '../../src/core/channel/state.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { launchFailing } from './support/failing.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { addressIn, until } from './support/process.ts';

let town: Neighbourhood;
afterEach(() => town.close());

/** `POST …/actions/workflows/rollback.yml/dispatches` */
const dispatches = '/dispatches';
const releases = conversations.releases.id;

describe('kill -9 during a rollback', () => {
  beforeEach(async () => {
    town = await startNeighbourhood();
  });

  test('after the click was answered: it was an approval, and starts one run', async () => {
    const bot = await town.start();
    await askToRollBack();
    await approve();
    await bot.kill();

    await town.start();
    await expectOneRunAndDone();
  });

  test('after the approval, before anything was dispatched: one run', async () => {
    const { log, ended } = launchFailing(town.environment, {
      at: ['after store decide'],
      // That of the command, and that of the click.
      crossing: 2,
    });
    town.movedTo(await until('it is ready', () => addressIn(log())));
    await askToRollBack();
    await approve();
    expect((await ended).stderr).toContain('kill at: after store decide');
    const { operation, steps } = await story();
    expect(operation).toMatchObject({ status: 'running' });
    expect(steps).toEqual([{ status: 'waiting', attempts: 0 }]);
    expect(town.github.runs()).toEqual([]);

    await town.start();
    await expectOneRunAndDone();
  });

  test('after GitHub took the dispatch, before its answer came: the run is found and followed', async () => {
    town.github.fail({ path: dispatches, applied: true, hang: true });
    const bot = await town.start();
    await askToRollBack();
    await approve();
    await until('GitHub has the run', () => town.github.runs().length === 1);
    await bot.kill();

    town.github.heal();
    await town.start();
    await expectOneRunAndDone();
  });

  test('while the run is in progress, twice: it is followed to its end', async () => {
    town.github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
    let bot = await town.start();
    await askToRollBack();
    await approve();
    await until('the card links the run', () => cardSays('/actions/runs/'));
    await bot.kill();
    bot = await town.start();
    await until('the run is asked for', () => town.github.runs()[0]?.status === 'in_progress');
    await bot.kill();

    town.github.setRunBehaviour({ ends: 'success', after: { polls: 1 } });
    await town.start();
    await expectOneRunAndDone();
  });
});

test('killed while it dispatched, and GitHub shows no run: unknown, said so, and the channel stays locked', async () => {
  town = await startNeighbourhood({ 'channels.yml': impatient });
  town.github.fail({ path: dispatches, hang: true, times: 1 });
  const bot = await town.start();
  await askToRollBack();
  await approve();
  await until('the dispatch is on its way', () => town.github.failure() === undefined);
  await bot.kill();

  town.github.heal();
  const again = await town.start();
  // After the deadline there is half a minute in which GitHub might still show one.
  await until('it says that nobody knows', () => cardSays('Nobody knows how it ended'), 50_000);
  await again.terminate();

  expect(town.github.runs()).toEqual([]);
  const { operation, channel } = await story();
  expect(operation).toMatchObject({ status: 'unknown', verified: false });
  expect(channel?.lock?.operation).toBe('OP-1');
}, 90_000);

async function askToRollBack(): Promise<void> {
  await town.slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
  await until('the plan is on its card', () => cardSays('Waits for approval'));
}

/** Resolves when the click was answered. */
async function approve(): Promise<void> {
  const { status } = await town.slack
    .as(people.ben.id)
    .click(releases, cardOf()?.ts ?? '', 'operation.approve');
  expect(status).toBe(200);
}

async function expectOneRunAndDone(): Promise<void> {
  await until('the card says that it is done', () => cardSays('*Done.*'));
  expect(town.github.runs().map(({ title, conclusion }) => ({ title, conclusion }))).toEqual([
    { title: expect.stringMatching(/^rollback 1\.4\.2 \[OP-1\.1-[0-9a-z]{6}\]$/), conclusion: 'success' },
  ]);
  const deploys = town.sentry.releases().flatMap((release) => release.deploys);
  expect(deploys.map(({ name }) => name)).toEqual([expect.stringMatching(/^OP-1\.3-[0-9a-z]{6}$/)]);
}

function cardOf() {
  return town.slack.messages(releases).find(({ thread_ts }) => thread_ts === undefined);
}

function cardSays(words: string): boolean {
  return JSON.stringify(cardOf()?.blocks ?? []).includes(words);
}

/** What the dead process had stored. */
function story() {
  return town.readStore(async (store) => {
    const rows = (await store.outboxOf('OP-1')).filter(({ effect }) => effect.type === 'step.run');
    return {
      steps: rows.map(({ status, attempts }) => ({ status, attempts })),
      operation: (await store.readStream('OP-1'))?.state as Operation,
      channel: (await store.readStream('channel:shop/stable'))?.state as Channel | undefined,
    };
  });
}

/** Who shows no run within seconds shows none. */
function impatient(channels: string): string {
  return channels.replaceAll('deadline: 10m', 'deadline: 3s').replaceAll('target: 2m', 'target: 1s');
}
