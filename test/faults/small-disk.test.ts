import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registryFile } from '../../src/bot/registry.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { buttonsOf } from '../support/shown-buttons.ts';
import { byCommand } from './support/by-command.ts';
import { eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { pause, refusedStart, until, type Ended } from './support/process.ts';
import { makeReadOnly, makeWritable, withoutReadOnly } from './support/read-only.ts';
import { smallDisk, withoutMounts, type SmallDisk } from './support/small-disk.ts';

const releases = conversations.releases.id;
const isLive = /"stable":\s*\{\s*"version":\s*"1\.4\.2"/;

describe.skipIf(withoutMounts !== undefined)(`A disk without room ${withoutMounts ?? ''}`, () => {
  let town: Neighbourhood;
  let disk: SmallDisk | undefined;
  afterEach(async () => {
    await town.close();
  });

  /** @returns a disk at that place, which goes with the test */
  function put(place: string, kilobytes: number): SmallDisk {
    disk = smallDisk(place, kilobytes);
    return disk;
  }

  describe('where the store is', () => {
    let full: SmallDisk;
    beforeEach(async () => {
      town = await startNeighbourhood();
      full = put(town.folders.dataDir, 4_096);
    });
    afterEach(() => full.unmount());

    test('in the middle of a rollback: nothing is taken and nothing begun, and all can be read; with room it goes on', async () => {
      const bot = await town.start();
      town.github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
      await askToRollBack();
      await approve();
      await until('the workflow runs', () => town.github.runs()[0]?.status === 'in_progress');
      full.fill();
      // The last corner of the log is filled by whatever comes in.
      await until('nothing is taken any more', async () => (await fire(String(Math.random()))) === 503);

      expect((await fetch(`${bot.url}/readyz`)).status).toBe(503);
      const aborted = await town.slack.as(people.ana.id).command(releases, '/operation', 'abort OP-1');
      expect(aborted.status).toBe(503);
      const read = await fetch(`${bot.url}/api/v1/operations/OP-1`, {
        headers: { authorization: `Bearer ${apiTokens.reader}` },
      });
      expect(read.status).toBe(200);
      expect(await read.text()).toContain('1.4.2');
      town.github.setRunBehaviour({ ends: 'success', after: { polls: 1 } });
      await pause(3_000);
      expect(said('*Done.*')).toBe(false);
      expect(deploys()).toEqual([]);

      full.makeRoom();
      await until('it is done', () => said('*Done.*'));
      expect(await fire('after')).toBe(202);
      expect(town.github.runs()).toHaveLength(1);
      expect(deploys()).toHaveLength(1);
      expect((await bot.terminate()).code).toBe(0);
    });

    test('at the start: it says so and ends; with room again everything is there', async () => {
      const bot = await town.start();
      await askToRollBack();
      expect((await bot.terminate()).code).toBe(0);
      full.fill();

      expectRefusal(await refusedStart({ ...town.environment, ...settings() }), /room/);

      full.makeRoom();
      await town.start();
      await approve();
      await until('it is done', () => said('*Done.*'));
      expect(town.github.runs()).toHaveLength(1);
    });

    test('or that may not be written, at the start: it says so, leaves it alone, and starts when it may', async () => {
      const bot = await town.start();
      await askToRollBack();
      expect((await bot.terminate()).code).toBe(0);
      const path = join(town.folders.dataDir, 'lastgood.db');
      const before = await readFile(path);
      full.remount('ro');

      expectRefusal(await refusedStart({ ...town.environment, ...settings() }), /may be written/);
      expect((await readFile(path)).equals(before)).toBe(true);

      full.remount('rw');
      await town.start();
      await approve();
      await until('it is done', () => said('*Done.*'));
      expect(town.github.runs()).toHaveLength(1);
    });
  });

  describe.skipIf(withoutReadOnly !== undefined)(`that becomes read-only ${withoutReadOnly ?? ''}`, () => {
    test('under the running bot: nothing is taken, and it says so; when it may be written it goes on', async () => {
      town = await startNeighbourhood();
      const { dataDir } = town.folders;
      const bot = await town.start();
      expect(await fire('before')).toBe(202);
      makeReadOnly(dataDir);
      try {
        const typed = await town.slack.as(people.ana.id).command(releases, '/incident', 'list');
        expect([await fire('meanwhile'), typed.status]).toEqual([503, 503]);
        await until('it says so', async () => (await fetch(`${bot.url}/readyz`)).status === 503);
        const ready = await fetch(`${bot.url}/readyz`);
        expect(await ready.text()).toBe('the store does not take anything\n');
        expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
      } finally {
        makeWritable(dataDir);
      }
      await until('it takes something', async () => (await fetch(`${bot.url}/readyz`)).ok);
      expect(await fire('after')).toBe(202);
      await until('all of it is worked on', () => said('Alert before') && said('Alert after'));
      expect((await bot.terminate()).code).toBe(0);

      await town.readStore(async (store) => {
        expect(await store.unsettledInbox()).toEqual([]);
        const fired = (await eventsOf(store, 'incident')).filter(({ type }) => type === 'alert.fired');
        const keys = fired.map(({ data }) => (data as { readonly fingerprint: string }).fingerprint);
        expect(keys).toEqual(['generic:before', 'generic:after']);
      });
    });
  });

  test('where the registry is: the rollback is done, the file of before stays whole, and is written with room again', async () => {
    town = await startNeighbourhood();
    const { securityDir } = town.folders;
    const before = await readFile(join(securityDir, registryFile), 'utf8');
    const full = put(securityDir, 64);
    try {
      await writeFile(join(securityDir, registryFile), before);
      full.fill();
      const bot = await town.start();
      await askToRollBack();
      await approve();
      await until('it is done', () => said('*Done.*'));
      await until('it was tried', () => bot.log().includes('ENOSPC'));
      expect(readFileSync(join(securityDir, registryFile), 'utf8')).toBe(before);
      expect(readdirSync(securityDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);

      full.makeRoom();
      await until('it is written', () => isLive.test(readFileSync(join(securityDir, registryFile), 'utf8')));
      expect((await bot.terminate()).code).toBe(0);
    } finally {
      full.unmount();
    }
  });

  describe('where commands leave what they say', () => {
    let full: SmallDisk;
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lastgood-small-disk-'));
      await writeFile(join(folder, 'deploy.mjs'), deploy);
      town = await startNeighbourhood({ 'channels.yml': byCommand });
      full = put(join(town.folders.dataDir, 'runs'), 256);
      await town.start({ COMMAND_DIR: folder });
    });
    afterEach(async () => {
      full.unmount();
      await rm(folder, { recursive: true });
    });

    test('before one begins: it does not, and begins once when there is room', async () => {
      full.fill();
      await askToRollBack();
      await approve();
      await until('it was tried', () => said('ENOSPC'));
      expect(log()).toEqual([]);

      full.makeRoom();
      await writeFile(join(folder, 'go'), '');
      await until('it is done', () => said('*Done.*'));
      expect(log()).toEqual(['began', 'ended']);
    });

    test('before one ends: how it ended is known when there is room', async () => {
      await askToRollBack();
      await approve();
      await until('it has begun', () => log().length > 0);
      full.fill();
      await writeFile(join(folder, 'go'), '');
      await until('it has ended', () => log().length === 2);
      await pause(3_000);
      expect(said('*Done.*') || said('Nobody knows')).toBe(false);

      full.makeRoom();
      await until('it is done', () => said('*Done.*'));
      expect(log()).toEqual(['began', 'ended']);
    });

    function log(): readonly string[] {
      const path = join(folder, 'log');
      return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    }
  });

  const settings = () => ({
    DATA_DIR: town.folders.dataDir,
    POLICIES_DIR: town.folders.policiesDir,
    SECURITY_DIR: town.folders.securityDir,
    PORT: '0',
  });

  function fire(key: string): Promise<number | undefined> {
    return town.alert({
      key,
      status: 'firing',
      title: `Alert ${key}`,
      service: 'checkout',
      severity: 'warning',
    });
  }

  async function askToRollBack(): Promise<void> {
    await town.slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
    await until('the plan is on its card', () => said('Waits for approval'));
  }

  async function approve(): Promise<void> {
    const button = buttonsOf(town.slack).find(({ click }) => click.actionId === 'operation.approve');
    if (!button) throw new Error('there is no plan');
    expect((await town.slack.as(people.ben.id).clickStale(button.click)).status).toBe(200);
  }

  function said(words: string): boolean {
    return town.posted().some(({ blocks }) => JSON.stringify(blocks).includes(words));
  }

  function deploys() {
    return town.sentry.releases().flatMap((release) => release.deploys);
  }
});

function expectRefusal({ code, stdout, stderr }: Ended, why: RegExp): void {
  expect(stderr).toMatch(/^Lastgood cannot start\. /);
  expect(stderr).toMatch(why);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).not.toContain('is ready');
  expect(code).toBe(78);
}

/** Says that it began, and goes on until it is let. */
const deploy = `
  import { appendFileSync, existsSync } from 'node:fs';
  const here = (name) => new URL(name, import.meta.url);
  appendFileSync(here('log'), 'began\\n');
  const timer = setInterval(() => {
    if (!existsSync(here('go'))) return;
    clearInterval(timer);
    appendFileSync(here('log'), 'ended\\n');
  }, 20);
`;
