import { describe, expect, it } from 'vitest';
import { lastgood, type Actor } from '../../src/core/actor.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import type { ChannelEvent } from '../../src/core/channel/event.ts';
import type { Effect, Errand } from '../../src/core/effect.ts';
import type { StepRun } from '../../src/core/executor.ts';
import { planHash, type Plan } from '../../src/core/plan/plan.ts';
import type { Recorded, StreamName } from '../../src/core/stream.ts';
import { createAgenda } from '../../src/simulator/agenda.ts';
import { invariants } from '../../src/simulator/invariants/index.ts';
import type { Facts, Watch } from '../../src/simulator/invariants/invariant.ts';
import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import { createProcess } from '../../src/simulator/process.ts';
import { beginWork, createProduction } from '../../src/simulator/production.ts';
import { createLedger } from '../../src/simulator/world.ts';
import type { NewOutboxRow, OutboxRow, Store } from '../../src/store/store.ts';
import { stepRun } from '../executors/runs.ts';
import { ana, ben, minute, start, storeId } from '../support/given.ts';
import { delivery, errand } from '../contract/store-samples.ts';

/** A store, the truth outside, and one invariant that looks on. */
interface Stage extends Facts {
  readonly store: Store;
  readonly watch: Watch;
  readonly broken: string[];
  readonly wait: (length: number) => void;
  /** Something happens to a stream. `state` is what is stored with it. */
  readonly happen: (id: string, state: object, ...events: readonly object[]) => Promise<void>;
  readonly enqueue: (row: Partial<NewOutboxRow> & { readonly id: string }) => Promise<void>;
  readonly update: (id: string, change: Partial<OutboxRow>) => Promise<void>;
  readonly setOut: (id: string, by?: string) => void;
  readonly begin: (run: Partial<StepRun>) => void;
}

async function stageFor(name: string): Promise<Stage> {
  let time = start;
  const database = createDatabase({ now: () => time });
  const store = await openModelStore(database, { name: 'a1' });
  const broken: string[] = [];
  const facts = {
    database,
    production: createProduction(),
    ledger: createLedger(),
    now: () => time,
    clockWasSet: () => false,
  };
  const invariant = invariants.find((each) => each.name === name);
  if (!invariant) throw new Error(`there is no invariant “${name}”`);
  const watch = invariant.watch(facts, (how) => broken.push(how));
  database.committed = (commit) => watch.committed?.(commit);
  const processOf = (process: string) => createProcess(process, createAgenda(), () => undefined);
  return {
    ...facts,
    store,
    watch,
    broken,
    wait: (length) => {
      time += length;
    },
    happen: (id, state, ...events) =>
      store.transact(async (transaction) => {
        const expected = (await transaction.stream(id))?.version ?? 0;
        const stored = events.map((event, place) => {
          const { type, by = lastgood, ...data } = event as { readonly type: string; readonly by?: Actor };
          return { stream: id, seq: expected + place + 1, at: time, by, type, data: { type, ...data } };
        });
        const write = { id, kind: kindOf(id), expected, state: { id, ...state }, events: stored };
        await transaction.write({ ...write, wakeAt: undefined, alias: id });
      }),
    enqueue: ({ id, ...row }) =>
      store.transact((transaction) =>
        transaction.enqueue([errand(id, { createdAt: time, dueAt: time, ...row })]),
      ),
    update: (id, change) => store.transact((transaction) => transaction.updateOutbox(id, change)),
    setOut: (id, by = 'a1') => watch.setsOut?.(processOf(by), { id: `${storeId}/${id}` } as Errand),
    begin: (run) =>
      watch.begins?.(processOf('a1'), beginWork(facts.production, { ...stepRun({}), ...run }, time)),
  };
}

function kindOf(id: string): StreamName {
  if (id.startsWith('INC-')) return 'incident';
  return id.startsWith('OP-') ? 'operation' : id.startsWith('freeze:') ? 'freeze' : 'channel';
}

const page: Effect = { type: 'page.slack', person: 'ana', to: 'U0ANA', text: 'P0', severity: 'P0' };
const step: Effect = { type: 'step.run', step: 0, deadline: minute };
const rung = (count: number, round = 1) => ({
  type: 'rung.fired',
  rung: count,
  of: 3,
  round,
  pages: [],
  dueAt: undefined,
});

const rule = {
  channels: ['*'],
  approvals: 1,
  roles: ['approver' as const],
  expires_after: minute,
  execute_within: minute,
};
const plan = {
  kind: 'rollback',
  app: 'shop',
  channel: 'stable',
  from: '1.5.0',
  to: '1.4.2',
  reason: 'fails',
  steps: [],
} as unknown as Plan;
const hash = planHash(plan, rule);
const planned = { type: 'operation.planned', by: ana, plan, rule, hash, expiresAt: start + minute };
const given = (by: Actor) => ({
  type: 'approval.given',
  by,
  person: by.kind === 'person' ? by.person : '',
  name: by.name,
});

/** An operation with this history begins to work; Ben has pressed the button of this very plan. */
async function begins(stage: Stage, ...events: readonly object[]): Promise<void> {
  stage.ledger.votes.push({ person: 'ben', operation: 'OP-1', hash });
  for (const event of events) await stage.happen('OP-1', {}, event);
  stage.begin({ id: 'OP-1.1', operation: 'OP-1' });
}

/** Something else was deployed after the operation had got the channel. */
function deployed(found: string): object {
  return { drifts: [{ id: 1, side: 'reality', found, since: start + minute }] };
}

/** A step of an operation on such a channel is taken out of the outbox. */
async function takenUp(
  { happen, enqueue, update }: Stage,
  channel: object,
  row: { readonly id: string; readonly effect: Effect },
  kind: Plan['kind'] = 'rollback',
): Promise<void> {
  await happen('OP-1', { plan: { ...plan, kind } }, planned);
  const lock = { operation: 'OP-1', begunAt: start };
  await happen(channelId, { incidents: {}, lock, ...channel }, { type: 'channel.begun', operation: 'OP-1' });
  await enqueue({ ...row, stream: 'OP-1' });
  await update(row.id, { status: 'in-flight' });
}

type Play = (stage: Stage) => unknown;

/** By the name of the invariant: what it lets pass, and faults that it must find. */
const plays: Readonly<
  Record<string, { readonly fine: Play; readonly faults: Readonly<Record<string, Play>> }>
> = {
  'whatever was acknowledged is settled once, and answered': {
    fine: async ({ store, ledger }) => {
      await store.receive(delivery('a'));
      await store.transact((transaction) => transaction.settleInbox('a', 'done'));
      ledger.acknowledged.add('a');
    },
    faults: {
      'it was never stored': ({ ledger }) => ledger.acknowledged.add('a'),
      'it was never settled': async ({ store, wait }) => {
        await store.receive(delivery('a', start));
        wait(minute);
      },
      'it was settled twice': async ({ watch }) => {
        const commit = { by: 'a1', streams: [], added: [], changed: [] };
        for (const _again of [1, 2]) watch.committed?.({ ...commit, settled: [{ id: 'a', result: 'done' }] });
      },
      'nobody was told': async ({ store, ledger }) => {
        await store.receive({ ...delivery('a'), source: 'slack' });
        await store.transact((transaction) => transaction.settleInbox('a', 'done'));
        ledger.acknowledged.add('a');
      },
      'the API says something else the next time': async ({ store, ledger }) => {
        const note = JSON.stringify({ stream: 'OP-2', answer: { title: 'Planned' } });
        await store.transact((transaction) => transaction.receiveSettled(delivery('key'), note));
        ledger.answers.set('key', 'OP-1 Planned');
      },
    },
  },
  'an alert fires in an open incident exactly when it was last said to fire': {
    fine: async ({ store, happen }) => {
      await store.receive(alert('firing'));
      await happen('INC-1', { status: 'triggered', firing: { [fingerprint]: {} } });
    },
    faults: {
      'it fires nowhere': ({ store }) => store.receive(alert('firing')),
      'its end was lost': async ({ store, happen }) => {
        await store.receive(alert('firing'));
        await store.receive(alert('resolved'));
        await happen('INC-1', { status: 'triggered', firing: { [fingerprint]: {} } });
      },
    },
  },
  'each rung is called once in a climb, in its order, never early, and none that was due is left out': {
    fine: async ({ happen }) => {
      const calm = { status: 'acknowledged', cleared: false };
      await happen('INC-1', calm, rung(1), rung(2), rung(3), rung(1, 2));
      await happen('INC-1', calm, { type: 'severity.changed' }, rung(1));
    },
    faults: {
      'one is called twice': ({ happen }) => happen('INC-1', {}, rung(1), rung(1)),
      'one is left out': ({ happen }) => happen('INC-1', {}, rung(1), rung(3)),
      'one is called early': async ({ happen }) => {
        await happen('INC-1', { nextCall: { rung: 2, round: 1, at: start + minute } }, rung(1));
        await happen('INC-1', {}, rung(2));
      },
      'one that was due is not called': async ({ happen, wait }) => {
        await happen('INC-1', {
          status: 'triggered',
          cleared: false,
          nextCall: { rung: 2, round: 1, at: start },
        });
        wait(minute);
      },
    },
  },
  'nobody is called once somebody has it': {
    fine: async ({ happen, enqueue, update }) => {
      await happen('INC-1', { status: 'triggered' });
      await enqueue({ id: 'e', stream: 'INC-1', effect: page });
      await update('e', { status: 'in-flight', attempts: 1 });
      await happen('INC-1', { status: 'acknowledged' });
      await update('e', { status: 'done' });
    },
    faults: {
      'somebody is': async ({ happen, enqueue, update }) => {
        await happen('INC-1', { status: 'acknowledged' });
        await enqueue({ id: 'e', stream: 'INC-1', effect: page });
        await update('e', { status: 'in-flight', attempts: 1 });
      },
    },
  },
  'nobody carries out what is not in their hands, or has ended': {
    fine: async ({ enqueue, update, setOut }) => {
      await enqueue({ id: 'e' });
      await update('e', { status: 'in-flight' });
      setOut('e');
    },
    faults: {
      'it is not marked': async ({ enqueue, setOut }) => {
        await enqueue({ id: 'e' });
        setOut('e');
      },
      'it is in the hands of another': async ({ enqueue, update, setOut }) => {
        await enqueue({ id: 'e' });
        await update('e', { status: 'in-flight' });
        setOut('e', 'b1');
      },
    },
  },
  'nothing changes production without valid approvals of that very plan': {
    fine: (stage) => begins(stage, planned, given(ben)),
    faults: {
      'nobody approved': (stage) => begins(stage, planned),
      'whoever asked approved': (stage) => begins(stage, { ...planned, by: ben }, given(ben)),
      'somebody approved who may not': (stage) => begins(stage, { ...planned, by: ben }, given(ana)),
      'it had expired': (stage) => begins(stage, { ...planned, expiresAt: start }, given(ben)),
      'it was another plan': (stage) => begins(stage, { ...planned, hash: 'ffffffffffffffff' }, given(ben)),
      'nobody ever said so': (stage) => {
        stage.ledger.votes.length = 0;
        return begins(stage, planned, given({ ...ben, person: 'dana' } as Actor));
      },
      'it had been withdrawn': (stage) => begins(stage, planned, given(ben), { type: 'operation.withdrawn' }),
    },
  },
  'each step is begun at most once, and one operation at a time works on a channel': {
    fine: ({ begin, production }) => {
      begin({ id: 'OP-1.1', operation: 'OP-1' });
      for (const work of production.works) work.state = 'succeeded';
      begin({ id: 'OP-2.1', operation: 'OP-2' });
    },
    faults: {
      'a step is begun twice': ({ begin }) => {
        for (const _again of [1, 2]) begin({ id: 'OP-1.1', operation: 'OP-1' });
      },
      'two work at the same time': ({ begin }) => {
        begin({ id: 'OP-1.1', operation: 'OP-1' });
        begin({ id: 'OP-2.1', operation: 'OP-2' });
      },
    },
  },
  'a channel says what was verified last, or truthfully told later': {
    fine: async ({ happen, ledger, production }) => {
      ledger.told.add('shop/stable 1.4.2');
      production.live.set('shop/stable', '1.4.2');
      await happen('channel:shop/stable', liveOn('1.4.2'), moved('1.4.2'));
    },
    faults: {
      'nobody said so': ({ happen }) => happen('channel:shop/stable', liveOn('1.4.2'), moved('1.4.2')),
      'it was not verified': ({ happen }) =>
        happen('channel:shop/stable', liveOn('1.4.2'), moved('1.4.2', 'OP-1')),
      'something else runs': async ({ happen, ledger, production }) => {
        ledger.told.add('shop/stable 1.4.2');
        production.live.set('shop/stable', '1.5.0');
        await happen('channel:shop/stable', liveOn('1.4.2'), moved('1.4.2'));
      },
    },
  },
  'while production is frozen no step is taken up that has not begun': {
    fine: async ({ happen, enqueue, update }) => {
      await happen('freeze:production', { last: { id: 1 } });
      await enqueue({ id: 'e', effect: step });
      await update('e', { receipt: { started: 'yes' } });
      await update('e', { status: 'in-flight' });
    },
    faults: {
      'one is': async ({ happen, enqueue, update }) => {
        await happen('freeze:production', { last: { id: 1 } });
        await enqueue({ id: 'e', effect: step });
        await update('e', { status: 'in-flight' });
      },
    },
  },
  'no first step is taken up against what its channel has heard since it was asked': {
    fine: async (stage) => {
      await takenUp(stage, {}, { id: 'e', effect: step });
      await takenUp(stage, deployed('1.5.1'), { id: 'f', effect: { ...step, step: 1 } });
      await takenUp(stage, deployed(plan.from), { id: 'g', effect: step });
    },
    faults: {
      'another version runs by then than the plan is to leave': (stage) =>
        takenUp(stage, deployed('1.5.1'), { id: 'e', effect: step }),
      'a promotion is, in a P0': (stage) =>
        takenUp(stage, { incidents: { 'INC-1': { severity: 'P0' } } }, { id: 'e', effect: step }, 'promote'),
    },
  },
  'the outbox drains once the neighbours are well': {
    fine: async ({ enqueue, update, wait }) => {
      await enqueue({ id: 'e' });
      wait(10 * minute);
      await update('e', { status: 'done' });
    },
    faults: {
      'something stays behind': async ({ enqueue, wait }) => {
        await enqueue({ id: 'e' });
        wait(10 * minute);
      },
    },
  },
  'the state of every stream is what its events say': {
    fine: ({ happen }) => {
      const event = {
        type: 'incident.noted',
        incident: 'INC-1',
        severity: 'P0',
        conversation: 'C1',
      } as const;
      const recorded = { ...event, seq: 1, at: start, by: lastgood } as Recorded<ChannelEvent>;
      return happen(channelId, channelKind.evolve(undefined, recorded, channelId), event);
    },
    faults: {
      'something was added to it': ({ happen }) => happen('freeze:production', { last: { id: 7 } }),
    },
  },
  'the audit chain verifies': {
    fine: ({ happen }) => happen('INC-1', {}, rung(1), rung(2)),
    faults: {
      'an event was changed': async ({ happen, database }) => {
        await happen('INC-1', {}, rung(1), rung(2));
        const [first] = database.log;
        if (first) database.log[0] = { ...first, at: first.at + 1 };
      },
    },
  },
};

describe.for(Object.entries(plays))('“%s”', ([name, { fine, faults }]) => {
  it('lets pass what is right', async () => {
    const stage = await stageFor(name);
    await fine(stage);
    await stage.watch.atRest?.();
    expect(stage.broken).toEqual([]);
  });

  it.for(Object.entries(faults))('finds it when %s', async ([, fault]) => {
    const stage = await stageFor(name);
    await fault(stage);
    await stage.watch.atRest?.();
    expect(stage.broken).not.toEqual([]);
  });
});

it('Every invariant is shown to find something', () => {
  expect(Object.keys(plays)).toEqual(invariants.map(({ name }) => name));
});

const channelId = 'channel:shop/stable';
const fingerprint = 'alertmanager:x';

function alert(status: 'firing' | 'resolved') {
  const alerts = [
    {
      status,
      labels: { alertname: 'x' },
      annotations: {},
      startsAt: '2026-11-22T03:00:00Z',
      fingerprint: 'x',
    },
  ];
  const raw = JSON.stringify({ version: '4', status, alerts });
  return {
    id: `alertmanager/${status}`,
    source: 'alertmanager',
    at: start,
    body: JSON.stringify({ headers: {}, raw }),
  };
}

function liveOn(version: string) {
  return { name: 'shop/stable', periods: [{ version }], moves: [], incidents: {} };
}

function moved(to: string, operation?: string) {
  return { type: 'channel.moved', to, cause: operation === undefined ? 'set' : 'rollback', operation };
}
