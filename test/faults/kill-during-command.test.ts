import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from '../../src/core/operation/state.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { byCommand } from './support/by-command.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until, type Process } from './support/process.ts';

const releases = conversations.releases.id;

let town: Neighbourhood;
let folder: string;
let bot: Process;

/** Says that it began, and goes on until it is let. */
const deploy = `
  import { appendFileSync, existsSync } from 'node:fs';
  const here = (name) => new URL(name, import.meta.url);
  appendFileSync(here('log'), 'began ' + process.argv.at(-1) + '\\n');
  console.log('deploying', process.argv.at(-1));
  const timer = setInterval(() => {
    if (!existsSync(here('go'))) return;
    clearInterval(timer);
    appendFileSync(here('log'), 'ended ' + process.argv.at(-1) + '\\n');
    console.log('deployed');
  }, 20);
`;

describe('kill -9 in the middle of a command', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-kill-command-'));
    await writeFile(join(folder, 'deploy.mjs'), deploy);
    town = await startNeighbourhood({ 'channels.yml': byCommand });
    bot = await town.start({ COMMAND_DIR: folder });
    await town.slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
    await until('the plan is on its card', () => cardSays('Waits for approval'));
    await town.slack.as(people.ben.id).click(releases, card()?.ts ?? '', 'operation.approve');
    await until('the command has begun', () => log().length > 0);
  });
  afterEach(async () => {
    await writeFile(join(folder, 'go'), '');
    await until('the command has ended', () => log().length > 1 || log().length === 0);
    await town.close();
    await rm(folder, { recursive: true });
  });

  test('that ends while nobody is there: its end is found after the restart, and it ran once', async () => {
    await bot.kill();
    await writeFile(join(folder, 'go'), '');
    await until('the command has ended', () => log().length === 2);
    await town.start({ COMMAND_DIR: folder });
    await expectDone();
  });

  test('that goes on, again and again: it is followed to its end, and ran once', async () => {
    await bot.kill();
    bot = await town.start({ COMMAND_DIR: folder });
    await until('its output is on the card', () => cardSays('deploying 1.4.2'));
    await bot.kill();
    bot = await town.start({ COMMAND_DIR: folder });
    await writeFile(join(folder, 'go'), '');
    await expectDone();
  });

  test('and SIGTERM: it ends with 0 without waiting for it, and finds its end after the restart', async () => {
    expect(await bot.terminate()).toMatchObject({ code: 0, stderr: '' });
    expect(log()).toEqual(['began 1.4.2']);
    bot = await town.start({ COMMAND_DIR: folder });
    await writeFile(join(folder, 'go'), '');
    await expectDone();
  });

  test('and somebody stops it after the restart: it is ended, and ran once', async () => {
    await bot.kill();
    bot = await town.start({ COMMAND_DIR: folder });
    await town.slack.as(people.ana.id).click(releases, card()?.ts ?? '', 'operation.abort');
    await until('it is over', () => cardSays('*Failed.*'));
    expect(cardSays('Stopped by Ana Ruiz. It was asked to stop')).toBe(true);
    await writeFile(join(folder, 'go'), '');
    await bot.terminate();
    expect(await stored()).toMatchObject({ status: 'failed', verified: false });
    expect(log()).toEqual(['began 1.4.2']);
    await rm(join(folder, 'log'));
  });
});

async function expectDone(): Promise<void> {
  await until('the card says that it is done', () => cardSays('*Done.*'));
  expect(cardSays('Exit code 0: deployed')).toBe(true);
  expect(log()).toEqual(['began 1.4.2', 'ended 1.4.2']);
}

function log(): readonly string[] {
  const path = join(folder, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

function card() {
  return town.slack.messages(releases).find(({ thread_ts }) => thread_ts === undefined);
}

function cardSays(words: string): boolean {
  return JSON.stringify(card()?.blocks ?? []).includes(words);
}

function stored(): Promise<Operation> {
  return town.readStore(async (store) => (await store.readStream('OP-1'))?.state as Operation);
}
