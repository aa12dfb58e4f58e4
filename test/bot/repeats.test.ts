import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRepeats } from '../../src/bot/repeats.ts';
import { webhookIntake } from '../../src/bot/webhook-intake.ts';
import { webhookItem } from '../../src/bot/webhook-item.ts';
import { webhookReaders, webhookSources } from '../../src/bot/webhooks.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { createInbox } from '../../src/engine/inbox.ts';
import type { Log } from '../../src/engine/log.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import { StoreUnavailable, type Standing, type Store } from '../../src/store/store.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { ana, minute, policies, start, storeId } from '../support/given.ts';

const doors = webhookDoors({ tokens: {}, secrets: { grafana: [], pagerduty: [], sentry: [], github: [] } });
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The inbox is read only while it is open. */
function gate() {
  const waiting: (() => void)[] = [];
  let isOpen = true;
  return {
    passed: async () => {
      if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close: () => {
      isOpen = false;
    },
    open: () => {
      isOpen = true;
      for (const pass of waiting.splice(0)) pass();
    },
  };
}

/** Everything real from the door to the store, which is the model; people's wishes go to the engine. */
async function openWorld(
  options: { readonly remembers?: boolean; readonly through?: (store: Store) => Store } = {},
) {
  const { remembers = true, through = (store: Store) => store } = options;
  const clock = movableClock({ start, running: false });
  const reading = gate();
  let current: Policies = policies;
  let decided = 0;
  const model = await openModelStore(createDatabase({ now: clock.now }), { name: 'a' });
  const store = through({
    ...model,
    inboxInOrder: async (...asked) => {
      await reading.passed();
      return model.inboxInOrder(...asked);
    },
  });
  const engine = createEngine({
    store,
    storeId,
    clock,
    carriers: [],
    random: () => 0,
    log: silent,
    policies: () => current,
  });
  const parts = { store, policies: () => current, now: clock.now };
  const repeats = createRepeats({ ...parts, sources: webhookSources });
  const counting = {
    ...engine,
    submit: (...wishes: Parameters<typeof engine.submit>) => {
      decided += wishes[0].length;
      return engine.submit(...wishes);
    },
  };
  const inbox = createInbox({
    store,
    clock,
    log: silent,
    quarantined: (item, why) =>
      store.transact((transaction) => transaction.settleInbox(item.id, 'quarantined', why)),
    readers: webhookReaders({ ...parts, engine: counting, log: silent, ...(remembers ? { repeats } : {}) }),
  });
  const nobody = { changesNothing: () => Promise.resolve(false) };
  let drawn = 0;
  const take = webhookIntake({
    inbox,
    repeats: remembers ? repeats : nobody,
    now: clock.now,
    drawId: () => String((drawn += 1)),
  });
  await engine.start();
  await inbox.start();
  const quiet = async (): Promise<void> => {
    for (let idle = 0; idle < 3; idle += 1) {
      for (let work = inbox.working() ?? engine.working(); work; work = inbox.working() ?? engine.working())
        await work;
      await new Promise(setImmediate);
    }
  };
  const stop = async (): Promise<void> => {
    reading.open();
    await inbox.stop();
    await engine.stop();
    clock.stop();
  };
  return {
    store,
    engine,
    inbox,
    reading,
    quiet,
    stop,
    decided: () => decided,
    edit: (changed: Policies) => {
      current = changed;
    },
    advance: (by: number) => clock.advance(by, quiet),
    /** What an intake answers: whether it was stored. */
    say: async (body: object, source = 'generic', headers: Readonly<Record<string, string>> = {}) => {
      const door = doors.find((each) => each.source === source);
      if (!door) throw new Error(`there is no door for ${source}`);
      return (await take(door, { headers, body: Buffer.from(JSON.stringify(body)) })) !== undefined;
    },
    firing: async () => {
      const open = await store.listStreams('incident', { openOnly: true });
      return open.flatMap(({ state }) => Object.keys((state as { firing: object }).firing)).toSorted();
    },
  };
}

async function world(options: Parameters<typeof openWorld>[0] = {}) {
  const opened = await openWorld(options);
  onTestFinished(opened.stop);
  return opened;
}

const fires = (key: string, severity = 'P2') => ({ key, title: key, service: 'checkout', severity });
const ends = (key: string) => ({ key, title: key, service: 'checkout', status: 'resolved' });

/** It is said until it is known to change nothing. */
async function known(opened: Awaited<ReturnType<typeof world>>, body: object): Promise<void> {
  for (let times = 0; times < 2; times += 1) {
    await opened.say(body);
    await opened.quiet();
  }
}

describe('An alert that is said again', () => {
  it('is looked up, and neither stored nor decided, once that has changed nothing', async () => {
    const opened = await world();
    const stored = [];
    for (let times = 0; times < 4; times += 1) {
      stored.push(await opened.say(fires('5xx')));
      await opened.quiet();
    }

    expect(stored).toEqual([true, true, false, false]);
    expect(await opened.say(fires('5xx', 'P1'))).toBe(true);
    expect(await opened.say(fires('latency'))).toBe(true);
  });

  it('does not overtake its end, which was received and not read yet', async () => {
    const opened = await world();
    await known(opened, fires('5xx'));
    expect(await opened.say(fires('5xx'))).toBe(false);

    opened.reading.close();
    expect(await opened.say(ends('5xx'))).toBe(true);
    expect(await opened.say(fires('5xx'))).toBe(true);
    opened.reading.open();
    await opened.quiet();

    expect(await opened.firing()).toEqual(['generic:5xx']);
  });

  it('is news again when it has ended, or somebody has resolved its incident', async () => {
    const opened = await world();
    await known(opened, fires('5xx'));
    await known(opened, fires('latency'));
    await opened.say(ends('5xx'));
    await opened.quiet();
    expect(await opened.say(fires('5xx'))).toBe(true);
    await opened.quiet();

    await known(opened, fires('latency'));
    const resolve = { type: 'incident.resolve', reason: 'over' } as const;
    await opened.engine.submit([
      { to: { kind: 'incident', id: 'INC-1' }, at: start, by: ana, intent: resolve },
    ]);
    expect(await opened.say(fires('latency'))).toBe(true);
    await opened.quiet();
    expect(await opened.firing()).toEqual(['generic:latency']);
  });

  it('is decided anew under other policies', async () => {
    const opened = await world();
    const body = { key: '5xx', title: '5xx', service: 'checkout', labels: { severity: 'page' } };
    await known(opened, body);
    expect(await opened.say(body)).toBe(false);
    const worse = { severity: 'P0', labels: { severity: 'page' } } as const;
    const { severity } = policies;
    opened.edit({ ...policies, severity: { ...severity, rules: [worse, ...severity.rules] } });

    expect(await opened.say(body)).toBe(true);
    await opened.quiet();
    const [incident] = await opened.store.listStreams('incident');
    expect(incident?.state).toMatchObject({ severity: 'P0' });
  });

  it('is decided when a clock of its incident has run out', async () => {
    const opened = await world();
    await known(opened, fires('5xx'));
    const wake = await opened.store.nextWake();
    if (wake === undefined) throw new Error('the next rung has a time');
    await opened.advance(wake - start - 1);
    expect(await opened.say(fires('5xx'))).toBe(false);

    await opened.advance(1);
    expect(await opened.say(fires('5xx'))).toBe(true);
  });

  it('is stored where each delivery has an id that counts once', async () => {
    const opened = await world();
    const body = {
      version: '1',
      alerts: [{ status: 'firing', labels: { alertname: 'x' }, fingerprint: 'f', annotations: {} }],
    };
    for (const signature of ['a', 'b', 'c']) {
      const headers = {
        'x-grafana-alerting-signature': signature.repeat(64),
        'x-grafana-alerting-timestamp': '1',
      };
      expect(await opened.say(body, 'grafana', headers)).toBe(true);
      await opened.quiet();
    }
    expect(await opened.say(body, 'grafana')).toBe(false);
  });

  it('is settled unread where it stands before everything else in the backlog', async () => {
    const opened = await world();
    await known(opened, fires('5xx'));
    await known(opened, fires('latency'));
    await known(opened, fires('5xx'));
    const before = opened.decided();
    opened.reading.close();
    const door = { source: 'generic', deliveryId: () => undefined, keeps: [] };
    const items = [fires('5xx'), fires('latency'), fires('5xx'), ends('5xx'), fires('latency')].map((said) =>
      webhookItem(door, { headers: {}, body: Buffer.from(JSON.stringify(said)) }, start),
    );
    for (const item of items) await opened.store.receive(item);
    await opened.inbox.receive(webhookItem(door, { headers: {}, body: Buffer.from('{}') }, start));
    opened.reading.open();
    await opened.quiet();

    expect(await opened.store.unsettledInbox()).toEqual([]);
    expect(opened.decided() - before).toBe(2);
    expect(await opened.firing()).toEqual(['generic:latency']);
  });

  it('is stored, or refused, by a store that cannot say whether anything has changed', async () => {
    const mood = { away: false };
    const opened = await world({
      through: (store) => ({
        ...store,
        standing: (...asked) =>
          mood.away ? Promise.reject(new StoreUnavailable('away')) : store.standing(...asked),
      }),
    });
    await known(opened, fires('5xx'));
    mood.away = true;

    expect(await opened.say(fires('5xx'))).toBe(true);
    mood.away = false;
    await opened.advance(minute);
    expect(await opened.store.unsettledInbox()).toEqual([]);
  });
});

describe('What is remembered', () => {
  const met = (id: string) => ({ id, version: 1, hash: 'h', wakeAt: undefined });
  const alone = { isAlone: () => true, tell: () => undefined, hear: () => undefined };
  function memory(standing: () => Standing, moment?: () => Promise<void>) {
    const store = { ...alone, standing: () => Promise.resolve(standing()) };
    const options = { store, policies: () => policies, now: () => start, sources: [] };
    return createRepeats({ ...options, ...(moment ? { moment } : {}) });
  }

  it('is so much, and then the oldest is forgotten', async () => {
    const repeats = memory(() => 'same');
    for (let n = 0; n <= 20_000; n += 1) repeats.remember(`key-${n}`, policies, [met('INC-1')]);

    expect(await repeats.changesNothing('key-0')).toBe(false);
    expect(await repeats.changesNothing('key-1')).toBe(true);
    const many = Array.from({ length: 40_000 }, (_, n) => met(`INC-${n}`));
    repeats.remember('many', policies, many);
    expect(await repeats.changesNothing('key-1')).toBe(false);
    expect(await repeats.changesNothing('many')).toBe(true);
  });

  it('holds until the first clock runs out of the incidents that it met', async () => {
    const time = { now: start };
    const store = { ...alone, standing: () => Promise.resolve('same' as const) };
    const repeats = createRepeats({ store, policies: () => policies, now: () => time.now, sources: [] });
    const clocks = [
      { ...met('INC-1'), wakeAt: start + minute },
      { ...met('INC-2'), wakeAt: start + 2 * minute },
    ];
    repeats.remember('key', policies, [...clocks, met('INC-3')]);

    time.now = start + minute - 1;
    expect(await repeats.changesNothing('key')).toBe(true);
    time.now = start + minute;
    expect(await repeats.changesNothing('key')).toBe(false);
    expect(await repeats.changingNothing(['key'])).toBe(0);
  });

  it('is nothing that was decided while the policies were edited, or that met no incident', async () => {
    const repeats = memory(() => 'same');
    repeats.remember('edited', { ...policies }, [met('INC-1')]);
    repeats.remember('nobody', policies, []);

    expect(await repeats.changesNothing('edited')).toBe(false);
    expect(await repeats.changesNothing('nobody')).toBe(false);
  });

  it('waits a moment for what came before, and not for long', async () => {
    let moments = 0;
    const pass = async (): Promise<void> => void (moments += 1);
    const soon = memory(() => (moments < 3 ? 'waiting' : 'same'), pass);
    soon.remember('key', policies, [met('INC-1')]);
    expect(await Promise.all([soon.changesNothing('key'), soon.changesNothing('key')])).toEqual([true, true]);
    expect(moments).toBe(3);

    const never = memory(() => 'waiting', pass);
    never.remember('key', policies, [met('INC-1')]);
    expect(await never.changesNothing('key')).toBe(false);
    expect(moments).toBeLessThan(40);
  });
});

describe('What one has decided, the others need not store:', () => {
  const met = { id: 'INC-1', version: 1, hash: 'h', wakeAt: start + minute };
  /** Each hears what the other tells. */
  function two(policiesOfB: Policies = policies) {
    const listeners: Record<'a' | 'b', (words: string) => void> = { a: () => {}, b: () => {} };
    const told: string[] = [];
    const time = { now: start };
    const storeOf = (own: 'a' | 'b', other: 'a' | 'b') => ({
      standing: () => Promise.resolve('same' as const),
      isAlone: () => false,
      hear: (listen: (words: string) => void) => void (listeners[own] = listen),
      tell: (words: string) => {
        told.push(words);
        listeners[other](words);
      },
    });
    const parts = { now: () => time.now, sources: [] };
    const a = createRepeats({ ...parts, store: storeOf('a', 'b'), policies: () => policies });
    const b = createRepeats({ ...parts, store: storeOf('b', 'a'), policies: () => policiesOfB });
    return { a, b, told, time, say: (words: string) => listeners.b(words) };
  }
  const soon = () => new Promise(setImmediate);

  it('they know it, until the same clock runs out', async () => {
    const { a, b, told, time } = two();
    for (const key of ['x', 'y']) a.remember(key, policies, [met]);
    await soon();

    expect(told).toHaveLength(1);
    expect(await b.changesNothing('y')).toBe(true);
    time.now = start + minute;
    expect(await b.changesNothing('y')).toBe(false);
  });

  it('whoever stored it in spite of that is told once more', async () => {
    const { a, told } = two();
    a.remember('x', policies, [met]);
    await soon();
    expect(await a.changingNothing(['x'])).toBe(1);
    await soon();

    expect(told).toHaveLength(2);
    expect(told[1]).toBe(told[0]);
  });

  it.each([
    ['other files', { ...policies, hashes: { ...policies.hashes, services: 'edited' } }, false],
    ['the same files, read by itself', { ...policies }, true],
  ])('under %s', async (_, policiesOfB, isKnown) => {
    const { a, b } = two(policiesOfB);
    a.remember('x', policies, [met]);
    await soon();

    expect(await b.changesNothing('x')).toBe(isKnown);
  });

  it.each(['', '{', '[]', '{"repeats":["x"]}', '{"repeats":["x"],"policies":"p","ends":[],"until":1}'])(
    'not what makes no sense: %s',
    async (words) => {
      const { b, say } = two();
      say(words);

      expect(await b.changesNothing('x')).toBe(false);
    },
  );
});

type Step =
  | { readonly say: object; readonly times: number; readonly read: boolean }
  | { readonly wish: 'incident.acknowledge' | 'incident.resolve' }
  | { readonly edit: boolean }
  | { readonly pass: number };

const bodies = ['5xx', 'latency'].flatMap((key) => [
  fires(key),
  fires(key, 'P1'),
  fires(key, 'page'),
  { ...fires(key), summary: 'another one' },
  ends(key),
]);
const said = record({
  say: constantFrom(...bodies),
  times: integer({ min: 1, max: 4 }),
  read: constantFrom(true, true, false),
});
const steps: Arbitrary<Step> = oneof(
  { weight: 12, arbitrary: said },
  { weight: 1, arbitrary: record({ wish: constantFrom('incident.acknowledge', 'incident.resolve') }) },
  { weight: 1, arbitrary: record({ edit: constantFrom(true, false) }) },
  { weight: 1, arbitrary: record({ pass: integer({ min: 1, max: 20 * minute }) }) },
);

/** Whatever is said, in whatever order: whoever remembers comes to the same as whoever does not. */
it('what is not stored would have changed nothing', async () => {
  let dropped = 0;
  const worse = { severity: 'P0', labels: { severity: 'page' } } as const;
  const edited = {
    ...policies,
    severity: { ...policies.severity, rules: [worse, ...policies.severity.rules] },
  };

  async function play(story: readonly Step[], remembers: boolean) {
    const opened = await openWorld({ remembers });
    for (const step of story) {
      if ('say' in step) {
        if (!step.read) opened.reading.close();
        for (let times = 0; times < step.times; times += 1) {
          if (!(await opened.say(step.say))) dropped += 1;
          if (step.read) opened.reading.open();
          if (step.read) await opened.quiet();
        }
        if (!step.read) continue;
      }
      opened.reading.open();
      await opened.quiet();
      if ('edit' in step) opened.edit(step.edit ? edited : policies);
      if ('pass' in step) await opened.advance(step.pass);
      if ('wish' in step)
        for (const { id } of await opened.store.listStreams('incident', { openOnly: true }))
          await opened.engine.submit([
            {
              to: { kind: 'incident', id },
              at: start,
              by: ana,
              intent: { type: step.wish, reason: 'over' },
            },
          ]);
      await opened.quiet();
    }
    opened.reading.open();
    await opened.quiet();
    const streams = await opened.store.listStreams('incident');
    const told = await Promise.all(streams.map(({ id }) => opened.store.readEvents(id)));
    await opened.stop();
    return told;
  }

  await assert(
    asyncProperty(array(steps, { minLength: 5, maxLength: 40 }), async (story) => {
      expect(await play(story, true)).toEqual(await play(story, false));
    }),
    { numRuns: 60 },
  );
  expect(dropped).toBeGreaterThan(50);
});
