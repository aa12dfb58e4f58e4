import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { reveal, type Secret } from '../../src/trust/secrets.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { buttonsOf } from '../support/shown-buttons.ts';
import { chanceFrom, seedOfRun } from './support/chance.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { pause, startProcess, until, type Process } from './support/process.ts';

const replicas = 3;
const kills = 4;
const services = ['checkout', 'platform'];
const releases = conversations.releases.id;

describeOnPostgres('Three replicas', (server) => {
  let town: Neighbourhood;
  let url: Secret;
  let giveBack: () => void;
  let folder: string;
  const bots: Process[] = [];

  beforeEach(async () => {
    ({ url, giveBack } = await server().lend());
    town = await startNeighbourhood();
    folder = await mkdtemp(join(tmpdir(), 'lastgood-replicas-'));
  });
  afterEach(async () => {
    await Promise.all(bots.splice(0).map((bot) => bot.kill()));
    await town.close();
    await rm(folder, { recursive: true });
    giveBack();
  });

  /** The first one answers Slack; all share the database and the folder of the registry. */
  async function startReplica(): Promise<Process> {
    const environment = { DATABASE_URL: reveal(url), DATA_DIR: await mkdtemp(join(folder, 'data-')) };
    const bot = await (bots.length === 0
      ? town.start(environment)
      : startProcess({ ...town.environment, ...environment }));
    bots.push(bot);
    return bot;
  }

  test('killed one after another while alerts pour in: each that was answered is there, each page goes out once', async () => {
    const chance = chanceFrom(seedOfRun());
    for (let n = 0; n < replicas; n += 1) await startReplica();
    const alerts = new Map<string, object>();
    const answered = new Set<string>();
    const state = { stopped: false };
    const pour = async (sender: number): Promise<void> => {
      for (let n = 0; !state.stopped; n += 1) {
        const key = `${sender}.${n}`;
        const service = services[Math.floor(chance() * services.length)];
        alerts.set(key, { key, status: 'firing', title: `Alert ${key}`, service, severity: 'critical' });
        await send(key);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const send = async (key: string): Promise<void> => {
      const bot = bots[Math.floor(chance() * bots.length)]!;
      const status = await post(bot.url, alerts.get(key)!);
      if (status === 202) answered.add(key);
    };
    const pouring = Array.from({ length: 4 }, (_, sender) => pour(sender));
    for (let kill = 0; kill < kills; kill += 1) {
      const before = answered.size;
      await until('more was taken', () => answered.size > before + 20);
      // The first is the one whom Slack knows.
      const [killed] = bots.splice(1 + Math.floor(chance() * (bots.length - 1)), 1);
      await killed!.kill();
      await startReplica();
    }
    state.stopped = true;
    await Promise.all(pouring);
    for (const key of alerts.keys()) while (!answered.has(key)) await send(key);

    const store = await openPostgresStore({ url });
    await until('all has been read', async () => (await store.unsettledInbox()).length === 0, 60_000);
    const outstanding = async () => {
      const open = await store.listStreams('incident');
      const rows = (await Promise.all(open.map(({ id }) => store.outboxOf(id)))).flat();
      return rows.filter(
        ({ status, dueAt }) => status === 'in-flight' || (status === 'waiting' && dueAt <= Date.now()),
      );
    };
    await until('all has gone out', async () => (await outstanding()).length === 0, 60_000);

    const fired = (await eventsOf(store, 'incident')).filter(({ type }) => type === 'alert.fired');
    const fingerprints = fired.map(({ data }) => (data as { fingerprint: string }).fingerprint);
    expect(fingerprints.toSorted()).toEqual([...alerts.keys()].map((key) => `generic:${key}`).toSorted());
    expect(await store.listStreams('incident')).toHaveLength(services.length);
    await store.close();
    const ids = effectIds(town.posted());
    expect(ids).toEqual([...new Set(ids)]);
    const keys = town.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
    expect(keys).toEqual([...new Set(keys)]);
    expect(keys.length).toBeGreaterThanOrEqual(services.length);
    for (const bot of bots.splice(0)) expect((await bot.terminate()).code).toBe(0);
  }, 180_000);

  test('while the database is away they answer 503 and /readyz says so; then they go on', async () => {
    const [bot] = [await startReplica(), await startReplica()];
    await server().stop('immediate');

    expect(await post(bot.url, { key: 'a', title: 'Alert a', service: 'checkout' })).toBe(503);
    expect((await fetch(`${bot.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
    await server().start();

    await until('it takes alerts again', async () => {
      const alert = {
        key: 'a',
        status: 'firing',
        title: 'Alert a',
        service: 'checkout',
        severity: 'critical',
      };
      return (await post(bot.url, alert)) === 202;
    });
    await until('somebody is paged', () => town.pagerduty.alerts().length > 0, 30_000);
    expect(bots.map(({ log }) => log()).join('')).not.toContain(reveal(url));
  }, 120_000);

  test('while the database is killed again and again during a rollback, nothing is begun; each time it goes on', async () => {
    const { slack, github } = town;
    const [bot] = [await startReplica(), await startReplica()];
    await slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
    const approve = await until('there is a plan', () =>
      buttonsOf(slack).find(({ click }) => click.actionId === 'operation.approve'),
    );
    github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
    const presses = () => slack.as(people.ben.id).clickStale(approve.click);
    const alert = { key: 'a', status: 'firing', title: 'Alert a', service: 'checkout', severity: 'critical' };
    const whileAway = async (): Promise<void> => {
      await server().kill();
      expect(await post(bot.url, alert)).toBe(503);
      expect((await presses()).status).toBe(503);
    };
    // The patience of `until` here is a promise of ours: half a minute after the database is back.
    const isBack = (what: string, look: () => boolean | Promise<boolean>) => until(what, look, 30_000);

    await whileAway();
    expect(github.runs()).toEqual([]);
    await server().start();
    await isBack('the click is taken', async () => (await presses()).status === 200);
    await isBack('the workflow runs', () => github.runs()[0]?.status === 'in_progress');

    await whileAway();
    github.setRunBehaviour({ ends: 'success', after: { polls: 1 } });
    await pause(3_000);
    expect(town.sentry.releases().flatMap((release) => release.deploys)).toEqual([]);
    expect(said('*Done.*')).toBe(false);
    await server().start();
    await isBack('an alert is taken', async () => (await post(bot.url, alert)) === 202);
    await isBack('it is done', () => said('*Done.*'));
    expect(github.runs().map(({ conclusion }) => conclusion)).toEqual(['success']);
    expect(town.sentry.releases().flatMap((release) => release.deploys)).toHaveLength(1);
  }, 180_000);

  function said(words: string): boolean {
    return town.posted().some(({ blocks }) => JSON.stringify(blocks).includes(words));
  }

  test('SIGTERM to one of two while alerts pour in: it ends with 0, nothing is lost, and the other goes on', async () => {
    const [first, second] = [await startReplica(), await startReplica()];
    const answered = new Set<string>();
    let stopping: ReturnType<typeof first.terminate> | undefined;
    const pour = async (sender: number): Promise<void> => {
      for (let n = 0; n < 40; n += 1) {
        const key = `${sender}.${n}`;
        const service = services[n % services.length];
        const alert = { key, status: 'firing', title: `Alert ${key}`, service, severity: 'critical' };
        // As a load balancer does it: whoever does not take it is passed over.
        for (const to of [first.url, second.url]) {
          if ((await post(to, alert)) !== 202) continue;
          answered.add(key);
          break;
        }
        if (answered.size >= 40) stopping ??= first.terminate();
      }
    };
    await Promise.all([0, 1, 2, 3].map(pour));
    expect(await stopping).toMatchObject({ code: 0, stderr: '' });
    expect(answered.size).toBe(160);

    const store = await openPostgresStore({ url });
    await until('all has been read', async () => (await store.unsettledInbox()).length === 0);
    const fired = (await eventsOf(store, 'incident')).filter(({ type }) => type === 'alert.fired');
    const fingerprints = fired.map(({ data }) => (data as { fingerprint: string }).fingerprint);
    expect(fingerprints.toSorted()).toEqual([...answered].map((key) => `generic:${key}`).toSorted());
    await store.close();
    const pages = () => town.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
    await until('both are paged', () => pages().length >= services.length);
    expect(new Set(pages()).size).toBe(pages().length);
    expect((await second.terminate()).code).toBe(0);
    bots.splice(0);
  }, 120_000);

  async function post(to: string, alert: object): Promise<number | undefined> {
    try {
      const response = await fetch(`${to}/webhooks/generic`, {
        method: 'POST',
        headers: { authorization: `Bearer ${town.webhookToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(alert),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined;
    }
  }
});
