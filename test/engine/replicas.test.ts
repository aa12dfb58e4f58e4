import { expect, it, onTestFinished } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { AnyCarrier, Errand, Outcome } from '../../src/core/effect.ts';
import type { Envelope } from '../../src/core/envelope.ts';
import { freezeId } from '../../src/core/freeze/state.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { outboxRow } from '../../src/engine/decide.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { kindOfStream } from '../../src/engine/kinds.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import { createInbox } from '../../src/engine/inbox.ts';
import type { Log } from '../../src/engine/log.ts';
import { movableClock, type MovableClock } from '../../src/sandbox/movable-clock.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import type { InboxItem } from '../../src/store/store.ts';
import type { Secret } from '../../src/trust/secrets.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, ben, dana, hour, minute, policies, start } from '../support/given.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import type { PostgresServer } from '../support/postgres.ts';
import { fakeExecutor } from './fake-executor.ts';
import { carrying, done, page } from './workshop.ts';

const everything = [
  'page.pagerduty',
  'page.mail',
  'page.slack',
  'slack.card',
  'slack.thread',
  'registry.publish',
] as const;
/** `INCIDENTS=10000` is what is promised, and takes a quarter of an hour. */
const manyIncidents = Number(process.env['INCIDENTS'] ?? 50);
const all = Array.from({ length: Math.max(20, manyIncidents) }, (_, n) => `service-${n}`);
const names = all.slice(0, 20);
const { checkout } = policies.services.services;
const services = {
  ...policies.services,
  services: Object.fromEntries(all.map((name) => [name, checkout!])),
};

describeOnPostgres('Several replicas', (server) => {
  it('take 1,000 alerts between them: each is read once, each rung called once, each effect carried out once', async () => {
    const { clock, replicas, quiet } = await open(server(), 2);
    for (const { engine, inbox } of replicas) {
      await engine.start();
      await inbox.start();
    }
    const alerts = names.flatMap((service) => Array.from({ length: 50 }, (_, n) => `${service}/${n}`));

    await Promise.all(alerts.map((alert, n) => replicas[n % 2]!.inbox.receive(item(alert))));
    await quiet();
    await clock.advance(16 * minute, quiet);

    const { store } = replicas[0]!;
    const incidents = await store.listStreams('incident');
    expect(incidents).toHaveLength(names.length);
    const events = (await Promise.all(incidents.map(({ id }) => store.readEvents(id)))).flat();
    const fired = events.flatMap(({ type, data }) =>
      type === 'alert.fired' ? [(data as { fingerprint: string }).fingerprint] : [],
    );
    expect(fired.toSorted()).toEqual(alerts.toSorted());
    const rungs = events.flatMap(({ type, stream, data }) =>
      type === 'rung.fired' ? [`${stream} ${(data as { rung: number }).rung}`] : [],
    );
    expect(rungs.toSorted()).toEqual(
      incidents.flatMap(({ id }) => [1, 2, 3, 4].map((rung) => `${id} ${rung}`)).toSorted(),
    );
    const carried = replicas.flatMap(({ errands }) => errands.map(({ id }) => id.slice('abc123/'.length)));
    expect(carried).toHaveLength(new Set(carried).size);
    expect(replicas.flatMap(({ errors }) => errors)).toEqual([]);
    const rows = (await Promise.all(incidents.map(({ id }) => store.outboxOf(id)))).flat();
    expect(rows.filter(({ status }) => status === 'waiting' || status === 'in-flight')).toEqual([]);
    expect(carried.toSorted()).toEqual(
      rows
        .filter(({ status }) => status === 'done')
        .map(({ id }) => id)
        .toSorted(),
    );
  }, 120_000);

  it(
    'climb the ladders of very many incidents at once: one page a rung, each',
    async () => {
      const { clock, replicas, quiet } = await open(server(), 2);
      for (const { engine, inbox } of replicas) {
        await engine.start();
        await inbox.start();
      }
      const ill = all.slice(0, manyIncidents);
      await Promise.all(ill.map((service, n) => replicas[n % 2]!.inbox.receive(item(`${service}/0`))));
      await quiet();
      await clock.advance(16 * minute, quiet);

      const incidents = await replicas[0]!.store.listStreams('incident');
      expect(incidents).toHaveLength(manyIncidents);
      const pages = replicas.flatMap(({ errands }) =>
        errands.flatMap(({ effect }) => {
          if (effect.type !== 'page.pagerduty' || effect.action !== 'trigger') return [];
          return [effect.dedupKey.replace(/^.*(?=INC-)/, '')];
        }),
      );
      // The fourth rung shouts in Slack, and rings nobody's phone.
      expect(pages.toSorted()).toEqual(
        incidents.flatMap(({ id }) => [1, 2, 3].map((rung) => `${id}/rung-${rung}.1`)).toSorted(),
      );
      expect(replicas.flatMap(({ errors }) => errors)).toEqual([]);
    },
    Math.max(120_000, manyIncidents * 300),
  );

  it('bring out what waits at the other as soon as one of them sees a neighbour back, each once', async () => {
    const slack = { away: true };
    const { clock, replicas, quiet } = await open(server(), 2, () =>
      slack.away ? { status: 'retry', why: 'HTTP 503', mayHaveHappened: false } : done,
    );
    const [a, b] = replicas;
    const rows = (names: readonly string[]) =>
      names.map((name) => outboxRow(name, undefined, start, page(name)));
    await a!.store.transact((transaction) => transaction.enqueue(rows(['a1', 'a2', 'a3'])));
    await b!.store.transact((transaction) => transaction.enqueue(rows(['b1', 'b2', 'b3'])));
    for (const { engine } of replicas) await engine.start();
    // Until each waits for longer than what comes now.
    await clock.advance(30_000, quiet);
    slack.away = false;
    const tried = replicas.map(({ errands }) => errands.length);

    await a!.store.transact((transaction) => transaction.enqueue(rows(['new'])));
    await clock.advance(600, quiet);

    const carried = replicas.flatMap(({ errands }, n) => errands.slice(tried[n]).map(({ id }) => id));
    const names = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'new'];
    expect(carried.toSorted()).toEqual(names.map((name) => `abc123/${name}`));
  }, 60_000);

  it('take 100 clicks on one button between them: each approver counts once, each step is begun once', async () => {
    const tools = ['github-workflow', 'health', 'sentry-release'].map((name) => fakeExecutor({ name }));
    const steps = stepCarrier(new Map(tools.map(({ executor }) => [executor.name, executor])));
    const { clock, replicas, quiet } = await open(server(), 2, () => done, [steps]);
    const [{ store }] = replicas as [(typeof replicas)[number]];
    const hash = await askForRollback(replicas[0]!);
    for (const each of replicas) await each.engine.start();

    const clicks = Array.from({ length: 100 }, (_, n) =>
      replicas[n % 2]!.engine.submit([
        say('OP-1', { type: 'operation.approve', hash }, n % 4 < 2 ? ben : dana),
      ]),
    );
    await Promise.all(clicks);
    await clock.advance(10 * minute, quiet);

    expect((await store.readStream('OP-1'))?.state).toMatchObject({ status: 'done' });
    const types = (await store.readEvents('OP-1')).map(({ type }) => type);
    for (const once of ['operation.approved', 'operation.begun', 'operation.finished'])
      expect(types.filter((type) => type === once)).toHaveLength(1);
    const given = (await store.readEvents('OP-1')).flatMap(({ type, data }) =>
      type === 'approval.given' ? [(data as { person: string }).person] : [],
    );
    expect(given).not.toEqual([]);
    expect(given).toHaveLength(new Set(given).size);
    const begun = tools.flatMap(({ tool }) => tool.asked.filter((each) => each.startsWith('start ')));
    expect(begun.toSorted()).toEqual([...new Set(begun)].toSorted());
    expect(begun.length).toBeGreaterThan(1);
  }, 90_000);

  it('begin no step once production is frozen by way of any of them, and go on by themselves when it is lifted', async () => {
    const tools = ['github-workflow', 'health', 'sentry-release'].map((name) => fakeExecutor({ name }));
    const steps = stepCarrier(new Map(tools.map(({ executor }) => [executor.name, executor])));
    const { clock, replicas, quiet } = await open(server(), 2, () => done, [steps]);
    const [a, b] = replicas as [(typeof replicas)[number], (typeof replicas)[number]];
    const hash = await askForRollback(a);
    // It has begun, and its first step waits to be taken up; whoever freezes has not seen that.
    await a.engine.submit([say('OP-1', { type: 'operation.approve', hash }, ben)]);
    await b.engine.submit([
      say(freezeId, { type: 'freeze.begin', reason: 'deploys go astray', open: [] }, ana),
    ]);

    for (const each of replicas) await each.engine.start();
    await clock.advance(4 * minute, quiet);
    const begun = (): readonly string[] =>
      tools.flatMap(({ tool }) => tool.asked.filter((each) => each.startsWith('start ')));
    expect(begun()).toEqual([]);
    expect((await a.store.readStream('OP-1'))?.state).toMatchObject({ status: 'approved' });

    const lift = { type: 'freeze.lift', reason: 'it is mended' } as const;
    await a.engine.submit([say(freezeId, lift, ben, clock.now())]);
    await b.engine.submit([say(freezeId, lift, dana, clock.now())]);
    await clock.advance(10 * minute, quiet);

    expect((await a.store.readStream('OP-1'))?.state).toMatchObject({ status: 'done' });
    expect(begun()).toHaveLength(3);
    expect(new Set(begun()).size).toBe(3);
  }, 60_000);

  it('finish what one of them leaves behind when it goes', async () => {
    const { replicas, quiet } = await open(server(), 2);
    const [gone, left] = replicas;
    await gone!.store.receive(item('service-1/0'));
    await gone!.store.receive({ ...item('service-2/0'), source: 'slack' });
    await gone!.store.close();

    await left!.engine.start();
    await left!.inbox.start();
    await quiet();

    expect(await left!.store.unsettledInbox()).toEqual([]);
    expect(await left!.store.listStreams('incident')).toHaveLength(2);
  }, 60_000);
});

function say(id: string, intent: Intent, by: Actor, at = start): Envelope {
  return { to: { kind: kindOfStream(id), id }, at, by, intent };
}

/** @returns the hash of the plan that Ana has asked for */
async function askForRollback({ engine, store }: Pick<Replica, 'engine' | 'store'>): Promise<string> {
  for (const [version, at] of [
    ['1.4.2', start - 3 * hour],
    ['1.5.0', start - 2 * hour],
  ] as const)
    await engine.submit([
      say('channel:shop/stable', { type: 'channel.set', version, reason: 'released' }, ana, at),
    ]);
  const ask = { type: 'rollback.request', target: 'last-good', reason: 'it fails' } as const;
  await engine.submit([say('channel:shop/stable', ask, ana)]);
  const [asked] = await store.listStreams('operation');
  return (asked!.state as Operation).hash;
}

type Replica = Awaited<ReturnType<typeof openReplica>>;

/** Whether anything is due, whoever it is that has to do it. */
function leftToDo(now: number): string {
  return `SELECT EXISTS (SELECT FROM lastgood.inbox WHERE result IS NULL)
    OR EXISTS (SELECT FROM lastgood.stream WHERE wake_at <= ${now})
    OR EXISTS (SELECT FROM lastgood.outbox WHERE status IN ('waiting', 'in-flight') AND due_at <= ${now}) AS is`;
}

function item(alert: string): InboxItem {
  return { id: alert, source: 'alertmanager', at: start, body: alert };
}

async function open(
  server: PostgresServer,
  count: number,
  how: () => Outcome = () => done,
  others: readonly AnyCarrier[] = [],
) {
  const { url, database, giveBack } = await server.lend();
  onTestFinished(giveBack);
  const clock = movableClock({ start, running: false });
  onTestFinished(clock.stop);
  const replicas = await Promise.all(
    Array.from({ length: count }, () => openReplica(url, clock, how, others)),
  );

  async function quiet(): Promise<void> {
    for (;;) {
      for (const { working } of replicas) for (let work = working(); work; work = working()) await work;
      const [left] = await server.query<{ is: boolean }>(leftToDo(clock.now()), database);
      if (left?.is === false) return;
      expect(replicas.flatMap(({ errors }) => errors)).toEqual([]);
      // They hear of each other in real time.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return { clock, replicas, quiet };
}

async function openReplica(
  url: Secret,
  clock: MovableClock,
  how: () => Outcome,
  others: readonly AnyCarrier[],
) {
  const store = await openPostgresStore({ url, now: clock.now });
  const errors: string[] = [];
  const log: Log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields, text) => errors.push(`${text} ${String(fields['error'])}`),
  };
  const slow = carrying(everything, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return how();
  });
  const carriers: readonly AnyCarrier[] = [slow.carrier, ...others];
  const engine = createEngine({
    store,
    storeId: 'abc123',
    clock,
    carriers,
    random: () => 0,
    log,
    policies: () => ({ ...policies, services }),
  });
  const read = async (each: InboxItem): Promise<void> => {
    await engine.submit([alertIn(each)], { settles: each.id });
  };
  const inbox = createInbox({
    store,
    clock,
    log,
    quarantined: (each, why) => Promise.reject(new Error(`${each.id}: ${why}`)),
    readers: [
      { source: 'alertmanager', inOrder: true, read },
      { source: 'slack', inOrder: false, read },
    ],
  });
  onTestFinished(async () => {
    await inbox.stop();
    await engine.stop();
    await store.close();
  });
  const errands: readonly Errand[] = slow.errands;
  return { store, engine, inbox, errands, errors, working: () => inbox.working() ?? engine.working() };
}

function alertIn({ body }: InboxItem): Envelope {
  const [service = ''] = body.split('/');
  return {
    to: { kind: 'incident', alias: `${service}@shop/stable`, open: true },
    at: start,
    by: alertmanager,
    intent: receive(firing(body, 'P0', '', service)),
  };
}
