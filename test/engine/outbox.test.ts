import { describe, expect, it } from 'vitest';
import type { Effect, Outcome } from '../../src/core/effect.ts';
import { outboxRow } from '../../src/engine/decide.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, hour, minute, second, start } from '../support/given.ts';
import { carrying, done, openWorkshop, page } from './workshop.ts';

const retry: Outcome = { status: 'retry', why: 'busy', mayHaveHappened: false };

/** An answer that comes when the test says so. */
function later() {
  let give: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    give = resolve;
  });
  return { outcome, give: (what: Outcome) => give(what) };
}

describe('an effect that a replica of a newer version has decided', () => {
  it('is left to that one, and holds up no other', async () => {
    const slack = carrying(['page.slack'], () => done);
    const { store, clock, enqueue, engine, row, advance } = await openWorkshop({ carriers: [slack.carrier] });
    const effect = { type: 'page.pigeon' } as unknown as Effect;
    const newer = { ...outboxRow('newer', undefined, clock.now(), page('like this')), effect };
    await store.transact((transaction) => transaction.enqueue([newer]));
    await enqueue(page('goes'));
    await engine.start();
    await advance(second);
    expect(await row('newer')).toMatchObject({ status: 'waiting', attempts: 0 });
    expect((await row('effect-1')).status).toBe('done');
  });
});

describe('what is due and cannot go', () => {
  it('because a newer version has decided it hides no page behind it, and is set aside at its deadline', async () => {
    const slack = carrying(['page.slack'], () => done);
    const { store, clock, enqueue, engine, row, advance } = await openWorkshop({ carriers: [slack.carrier] });
    const newer = Array.from({ length: 66 }, (_, n) => {
      const effect = { type: n % 2 ? 'page.pigeon' : 'page.smoke' } as unknown as Effect;
      return { ...outboxRow(`newer-${n}`, undefined, clock.now(), page('like this')), effect };
    });
    await store.transact((transaction) => transaction.enqueue(newer));
    await enqueue(page('goes'));
    await engine.start();
    await advance(second);
    expect(slack.errands).toHaveLength(1);
    await advance(hour - 2 * second);
    expect(await row('newer-0')).toMatchObject({ status: 'waiting', attempts: 0 });
    await advance(second);
    expect(await row('newer-65')).toMatchObject({ status: 'failed', attempts: 0 });
  });

  it('because the store lets nobody take it up leaves the other places to others', async () => {
    const slack = carrying(['page.slack'], () => done);
    const locked = new StoreUnavailable('canceling statement due to lock timeout (55P03)');
    const isLocked = (id: string) => Number(id.slice('effect-'.length)) <= 16;
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) =>
        store.transact((transaction) =>
          work({
            ...transaction,
            takeOutbox: (row, now) =>
              isLocked(row.id) ? Promise.reject(locked) : transaction.takeOutbox(row, now),
          }),
        ),
    });
    const { enqueue, engine, clock } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue(...Array.from({ length: 16 }, () => page('locked')));
    await engine.start();
    await clock.advance(second, macrotask);
    await enqueue(...Array.from({ length: 10 }, () => page('goes')));
    engine.poke();
    await clock.advance(second, macrotask);
    expect(slack.errands).toHaveLength(10);
  });
});

describe('effects go out', () => {
  it('in order within a lane: the next one waits until the one before has settled', async () => {
    const slack = carrying(['page.slack'], (_errand, count) => (count === 1 ? retry : done));
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [slack.carrier] });
    const lane = 'thread INC-1';
    await enqueue({ ...page('first'), lane }, { ...page('second'), lane }, { ...page('third'), lane });
    await engine.start();
    await advance(minute);
    expect(slack.errands.map(({ id, attempt }) => `${id} ${attempt}`)).toEqual([
      'k3x9w2/effect-1 1',
      'k3x9w2/effect-1 2',
      'k3x9w2/effect-2 1',
      'k3x9w2/effect-3 1',
    ]);
  });

  it('side by side in different lanes: one that hangs holds up nobody', async () => {
    const { outcome, give } = later();
    const slack = carrying(['page.slack'], ({ id }) => (id === 'k3x9w2/effect-1' ? outcome : done));
    const { enqueue, engine, row, quiet } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('hangs'), page('goes'));
    await engine.start();
    while ((await row('effect-2')).status !== 'done') await Promise.resolve();
    expect((await row('effect-1')).status).toBe('in-flight');
    give(done);
    await quiet();
    expect((await row('effect-1')).status).toBe('done');
  });

  it('with room for the pages of a P0 while all that can wait hangs', async () => {
    const { outcome, give } = later();
    const slack = carrying(['page.slack'], ({ effect }) =>
      'text' in effect && effect.text === 'hangs' ? outcome : done,
    );
    const { enqueue, engine, row, quiet } = await openWorkshop({
      carriers: [slack.carrier],
      mostInFlight: 4,
    });
    await enqueue(...Array.from({ length: 8 }, () => page('hangs', 'P3')));
    await engine.start();
    while ((await row('effect-3')).status !== 'in-flight') await Promise.resolve();
    await enqueue(page('goes'));
    engine.poke();
    while ((await row('effect-9')).status !== 'done') await new Promise(setImmediate);
    expect(slack.errands).toHaveLength(4);
    give(done);
    await quiet();
    expect(slack.errands).toHaveLength(9);
  });

  it('and a page that is tried again does not wait for them', async () => {
    const { outcome, give } = later();
    const slack = carrying(['page.slack'], ({ effect, attempt }) =>
      'text' in effect && effect.text === 'hangs' ? outcome : attempt === 1 ? retry : done,
    );
    const { enqueue, engine, clock, row, quiet } = await openWorkshop({
      carriers: [slack.carrier],
      mostInFlight: 4,
    });
    await enqueue(...Array.from({ length: 8 }, () => page('hangs', 'P3')));
    await engine.start();
    while ((await row('effect-3')).status !== 'in-flight') await Promise.resolve();
    await enqueue(page('goes'));
    engine.poke();
    await until(async () => (await row('effect-9')).lastError === 'busy');
    await macrotask();
    await clock.advance(second, macrotask);
    await until(async () => (await row('effect-9')).status !== 'in-flight');
    expect((await row('effect-9')).status).toBe('done');
    give(done);
    await quiet();
  });

  it('the worst first', async () => {
    const slack = carrying(['page.slack', 'slack.thread'], () => done);
    const { enqueue, engine, quiet } = await openWorkshop({ carriers: [slack.carrier], mostInFlight: 1 });
    const line = {
      type: 'slack.thread',
      conversation: 'C0',
      text: '',
      broadcast: false,
      severity: 'P0',
    } as const;
    await enqueue(line, page('not so bad', 'P3'), page('bad', 'P0'));
    await engine.start();
    await quiet();
    expect(slack.errands.map(({ id }) => id)).toEqual([
      'k3x9w2/effect-3',
      'k3x9w2/effect-2',
      'k3x9w2/effect-1',
    ]);
  });

  it('and come back to their stream as an event', async () => {
    const mail = carrying(['page.mail'], () => ({ status: 'done', receipt: { message_id: '<1>' } }));
    const { engine, store, quiet } = await openWorkshop({ carriers: [mail.carrier] });
    await engine.start();
    await engine.submit([openIncident]);
    await quiet();
    const delivered = (await store.readEvents('INC-1')).filter(({ type }) => type === 'page.delivered');
    expect(delivered).toMatchObject([{ data: { means: 'mail', receipt: { message_id: '<1>' } } }]);
  });
});

describe('what is tried again', () => {
  it.each([
    ['at the earliest', 0, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
    ['at the latest', 1, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
  ])('waits longer each time, %s', async (_when, dice, waits) => {
    const slack = carrying(['page.slack'], () => retry);
    const { enqueue, engine, advance } = await openWorkshop({
      carriers: [slack.carrier],
      random: () => dice,
    });
    await enqueue(page('busy'));
    await engine.start();
    await advance(3 * minute);
    const times = slack.errands.map(({ now }) => now);
    const paused = times.slice(1, waits.length + 1).map((at, index) => at - (times[index] ?? 0));
    expect(paused).toEqual(waits);
  });

  it('waits as long as the other side asks for', async () => {
    const slack = carrying(['page.slack'], (_errand, count) =>
      count === 1 ? { ...retry, after: 90 * second } : done,
    );
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('busy'));
    await engine.start();
    await advance(90 * second - 1);
    expect(slack.errands).toHaveLength(1);
    await advance(1);
    expect(slack.errands).toHaveLength(2);
  });

  it('and was only put off does not wait longer each time, and the worst of all that were goes first', async () => {
    const slack = carrying(['page.slack'], (_errand, count) =>
      count <= 12 ? { ...retry, after: 1_500, putOff: true } : done,
    );
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [slack.carrier], mostInFlight: 1 });
    await enqueue(page('less', 'P3'), page('bad'));
    await engine.start();
    await advance(12 * second);
    // Counted in whole seconds, so that both come again at the same moment.
    const times = slack.errands.map(({ id, now }) => `${id.slice(-1)} ${(now - start) / second}`);
    expect(times).toEqual([0, 2, 4, 6, 8, 10, 12].flatMap((at) => [`2 ${at}`, `1 ${at}`]));
  });

  it('goes at once when somebody got through who was not answered before, the worst first', async () => {
    const away = new Set(['page.slack', 'page.mail']);
    const errands = carrying(['page.slack', 'page.mail'], ({ effect }) =>
      away.has(effect.type) ? retry : done,
    );
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [errands.carrier], mostInFlight: 1 });
    await engine.start();
    await enqueue(page('less', 'P3'));
    engine.poke();
    await advance(90 * second);
    await enqueue(page('bad'), { ...page('less', 'P3'), lane: 'another' });
    engine.poke();
    await advance(4 * second);
    const before = errands.errands.length;
    away.clear();
    await advance(4 * second);
    const [first, ...rest] = errands.errands.slice(before).map(({ id, now }) => ({ id, now }));
    expect(rest.map(({ now }) => now)).toEqual([first?.now, first?.now]);
    expect(errands.errands).toHaveLength(before + 3);
  });

  it('goes no sooner for others that get through all the time, where it fails for reasons of its own', async () => {
    const slack = carrying(['page.slack'], ({ effect }) =>
      'text' in effect && effect.text === 'never' ? retry : done,
    );
    const { enqueue, engine, advance } = await openWorkshop({
      carriers: [slack.carrier],
      random: () => 1,
    });
    await enqueue(page('never'));
    await engine.start();
    for (let round = 0; round < 30; round += 1) {
      await enqueue({ ...page('others'), lane: `another ${round}` });
      engine.poke();
      await advance(second);
    }
    // It was tried at 0, and then after half a second, one, two, four, eight and sixteen.
    expect(slack.errands.filter(({ effect }) => 'text' in effect && effect.text === 'never')).toHaveLength(6);
    expect(slack.errands).toHaveLength(36);
  });

  it('goes no sooner where it waits for something else, and says for how long', async () => {
    const slack = carrying(['page.slack'], ({ effect, attempt }) =>
      'text' in effect && effect.text === 'not listed yet' && attempt < 3
        ? { ...retry, after: second }
        : done,
    );
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [slack.carrier], mostInFlight: 1 });
    await enqueue(page('here'));
    await engine.start();
    await advance(second);
    await enqueue(page('not listed yet'), page('others'), page('others'));
    engine.poke();
    await advance(4 * second);
    const times = slack.errands.map(({ id, now }) => `${id.slice(-1)} ${(now - start) / second}`);
    expect(times).toEqual(['1 0', '2 1', '3 1', '4 1', '2 2', '2 3']);
  });

  it('knows whether it may have happened, also when it threw', async () => {
    const slack = carrying(['page.slack'], (_errand, count) => {
      if (count === 2) throw new Error('connection reset');
      return count < 4 ? retry : done;
    });
    const { enqueue, engine, advance, errors } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('busy'));
    await engine.start();
    await advance(minute);
    expect(slack.errands.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([false, false, true, true]);
    expect(errors).toEqual(['a carrier threw']);
  });

  it.each([
    ['failed', { ...retry, after: 2 * hour }],
    ['unknown', { ...retry, after: 2 * hour, mayHaveHappened: true }],
  ] as const)('is called %s at its deadline, not later', async (status, outcome) => {
    const slack = carrying(['page.slack'], () => outcome);
    const { enqueue, engine, advance, row } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('busy'));
    await engine.start();
    await advance(hour - 1);
    expect((await row('effect-1')).status).toBe('waiting');
    await advance(1);
    expect(await row('effect-1')).toMatchObject({
      status,
      lastError: expect.stringContaining('busy') as string,
    });
  });

  it('is not sent at all when its time was over before', async () => {
    const slack = carrying(['page.slack'], () => done);
    const { enqueue, engine, advance, clock, row, quiet } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('old'));
    await clock.advance(hour, () => Promise.resolve());
    await engine.start();
    await quiet();
    await advance(minute);
    expect(slack.errands).toEqual([]);
    expect((await row('effect-1')).status).toBe('failed');
  });
});

describe('who does not take what is sent', () => {
  it('is told from the first try on, until they answer, if only to refuse', async () => {
    const slack = carrying(['page.slack'], (_errand, count) =>
      count < 4 ? retry : { status: 'failed', why: 'no such person' },
    );
    const { enqueue, engine, advance } = await openWorkshop({ carriers: [slack.carrier], random: () => 1 });
    await enqueue(page('to nobody'));
    await engine.start();
    await advance(3 * second);
    expect(engine.silent()).toEqual([{ neighbour: 'slack', since: start }]);
    await advance(second);
    expect(slack.errands).toHaveLength(4);
    expect(engine.silent()).toEqual([]);
  });

  it('is told no longer when nobody tries them any more: what was to be tried again is not wanted', async () => {
    const slack = carrying(['page.slack'], () => retry);
    const { engine, quiet, advance } = await openWorkshop({ carriers: [slack.carrier], random: () => 1 });
    await engine.start();
    await engine.submit([openIncident]);
    await quiet();
    const to = { kind: 'incident', id: 'INC-1' } as const;
    await engine.submit([{ to, at: start, by: ana, intent: { type: 'incident.resolve', reason: 'well' } }]);
    expect(engine.silent()).toMatchObject([{ neighbour: 'slack' }]);
    await advance(5 * minute);
    expect(engine.silent()).toEqual([]);
  });
});

describe('what takes long', () => {
  it('is asked again when it says so, remembers what it learned, and does not count as tried', async () => {
    const answers: readonly Outcome[] = [
      { status: 'running', receipt: { run: '7' }, again: 10 * second },
      { status: 'running', receipt: { note: 'half' }, again: 10 * second },
      { status: 'done', receipt: { note: 'all' } },
    ];
    const slack = carrying(['page.slack'], (_errand, count) => answers[count - 1] ?? done);
    const { enqueue, engine, advance, row } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('long'));
    await engine.start();
    await advance(minute);
    expect(slack.errands.map(({ now, attempt, receipt }) => [now - start, attempt, receipt])).toEqual([
      [0, 1, {}],
      [10 * second, 1, { run: '7' }],
      [20 * second, 1, { run: '7', note: 'half' }],
    ]);
    expect((await row('effect-1')).receipt).toEqual({ run: '7', note: 'all' });
  });

  it('and has begun is unknown at its deadline', async () => {
    const slack = carrying(['page.slack'], () => {
      return { status: 'running', receipt: { run: '7', note: 'half' }, again: 7 * minute };
    });
    const { enqueue, engine, advance, row } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('endless'));
    await engine.start();
    await advance(hour);
    expect((await row('effect-1')).status).toBe('unknown');
  });

  it('as a step is asked once more when its deadline passed while we were away', async () => {
    const step = { type: 'step.run', step: 0, deadline: 10 * minute } as const;
    const running: Outcome = { status: 'running', receipt: { run: '7' }, again: 10 * second };
    const before = carrying(['step.run'], () => running);
    const { enqueue, engine, quiet, crash } = await openWorkshop({ carriers: [before.carrier] });
    await enqueue(step);
    await engine.start();
    await quiet();

    const ended = carrying(['step.run'], () => done);
    const after = await crash(hour, [ended.carrier]);
    await after.engine.start();
    await after.quiet();
    expect(ended.errands).toMatchObject([{ receipt: { run: '7' } }]);
    expect((await after.row('effect-1')).status).toBe('done');
  });

  it('as a step is asked on after its deadline, until whoever carries it says that it is enough', async () => {
    const step = { type: 'step.run', step: 0, deadline: 10 * minute } as const;
    const asked = carrying(['step.run'], ({ now }): Outcome => {
      if (now > start + 10 * minute) return { status: 'unknown', why: 'enough' };
      return { status: 'running', receipt: { run: '7' }, again: 4 * minute };
    });
    const { enqueue, engine, advance, row } = await openWorkshop({ carriers: [asked.carrier] });
    await enqueue(step);
    await engine.start();
    await advance(hour);
    expect(asked.errands.map(({ now, overdue }) => [now - start, overdue])).toEqual([
      [0, false],
      [4 * minute, false],
      [8 * minute, false],
      [10 * minute, true],
      [10 * minute + 5 * second, true],
    ]);
    expect(await row('effect-1')).toMatchObject({ status: 'unknown', lastError: 'enough' });
  });

  it('as a step is not asked for ever by a carrier that is broken', async () => {
    const step = { type: 'step.run', step: 0, deadline: 10 * minute } as const;
    const broken = carrying(['step.run'], () => {
      throw new Error('a bug');
    });
    const { enqueue, engine, advance, row } = await openWorkshop({ carriers: [broken.carrier] });
    await enqueue(step);
    await engine.start();
    await advance(11 * minute);
    expect(await row('effect-1')).toMatchObject({ status: 'unknown', lastError: 'a bug' });
  });
});

const openIncident = {
  to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
  at: start,
  by: alertmanager,
  intent: receive(firing('5xx', 'P0')),
} as const;

describe('just before it goes out', () => {
  it('the state is read again: nobody is woken for what somebody has', async () => {
    const slack = carrying(['page.slack'], () => retry);
    const { engine, store, quiet, advance } = await openWorkshop({ carriers: [slack.carrier] });
    await engine.start();
    await engine.submit([openIncident]);
    await quiet();
    // Of the people; that there is no card here is told to everybody.
    const called = (): number =>
      slack.errands.filter(({ effect }) => 'person' in effect && effect.person !== undefined).length;
    expect(called()).toBe(1);
    const to = { kind: 'incident', id: 'INC-1' } as const;
    await engine.submit([{ to, at: start, by: ana, intent: { type: 'incident.acknowledge' } }]);
    await advance(minute);
    expect(called()).toBe(1);
    const events = await store.readEvents('INC-1');
    expect(events.filter(({ type }) => type === 'page.withheld').length).toBeGreaterThan(0);
  });

  it('what is not set up has failed, and its stream hears of it', async () => {
    const { engine, store, quiet } = await openWorkshop();
    await engine.start();
    await engine.submit([openIncident]);
    await quiet();
    const failed = (await store.readEvents('INC-1')).filter(({ type }) => type === 'page.failed');
    expect(new Set(failed.map(({ data }) => (data as { why: string }).why))).toEqual(
      new Set(['Mail is not set up', 'PagerDuty is not set up', 'Slack is not set up']),
    );
  });
});

describe('after a crash', () => {
  it('what was in flight is asked about before it is repeated', async () => {
    const hanging = carrying(['page.slack'], () => later().outcome);
    const before = await openWorkshop({ carriers: [hanging.carrier] });
    await before.enqueue(page('lost answer'));
    await before.engine.start();
    while ((await before.row('effect-1')).status !== 'in-flight') await Promise.resolve();
    const slack = carrying(['page.slack'], () => done);
    const after = await before.crash(5 * second, [slack.carrier]);
    await after.engine.start();
    await after.quiet();
    expect(slack.errands).toMatchObject([{ id: 'k3x9w2/effect-1', mayHaveHappened: true, attempt: 2 }]);
    expect((await after.row('effect-1')).status).toBe('done');
  });

  it('what was waiting for its time still does', async () => {
    const slack = carrying(['page.slack'], (_errand, count) =>
      count === 1 ? { ...retry, after: minute } : done,
    );
    const before = await openWorkshop({ carriers: [slack.carrier] });
    await before.enqueue(page('busy'));
    await before.engine.start();
    await before.quiet();
    const after = await before.crash(30 * second);
    await after.engine.start();
    await after.quiet();
    expect(slack.errands).toHaveLength(1);
    await after.advance(30 * second);
    expect(slack.errands).toMatchObject([{}, { attempt: 2, mayHaveHappened: false }]);
  });
});

describe('while the store takes nothing', () => {
  function blocked() {
    const state = { full: false, refused: 0 };
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) => {
        if (!state.full) return store.transact(work);
        state.refused += 1;
        return Promise.reject(new StoreUnavailable('the disk is full'));
      },
    });
    return { state, through };
  }

  it('what has gone out is recorded when it does again, and not sent twice', async () => {
    const { state, through } = blocked();
    const slack = carrying(['page.slack'], () => {
      state.full = true;
      return done;
    });
    const { enqueue, engine, row, clock } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue(page('sent'));
    await engine.start();
    await until(() => state.refused > 0);
    state.full = false;
    await clock.advance(minute, macrotask);
    await until(async () => (await row('effect-1')).status === 'done');
    expect(slack.errands).toHaveLength(1);
  });

  it('nothing goes out, and nobody spins', async () => {
    const { state, through } = blocked();
    const slack = carrying(['page.slack'], () => done);
    const { enqueue, engine, clock } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue(page('waits'));
    state.full = true;
    await engine.start();
    await until(() => state.refused > 0);
    await clock.advance(minute, macrotask);
    expect(slack.errands).toEqual([]);
    expect(state.refused).toBeLessThan(20);
    state.full = false;
    await clock.advance(minute, macrotask);
    await until(() => slack.errands.length === 1);
    expect(slack.errands).toHaveLength(1);
  });
});

describe('a process that others may have taken for dead', () => {
  it('sends nothing of what it had taken up, and goes on when it is among the living again', async () => {
    const state = { suspended: true };
    const through = (store: Store): Store => ({ ...store, lease: () => () => !state.suspended });
    const slack = carrying(['page.slack'], () => done);
    const { enqueue, engine, row, quiet, advance } = await openWorkshop({
      carriers: [slack.carrier],
      through,
    });
    await enqueue(page('taken up'));
    await engine.start();
    await quiet();
    expect(slack.errands).toEqual([]);
    expect(await row('effect-1')).toMatchObject({ status: 'waiting', mayHaveHappened: false });

    state.suspended = false;
    await advance(minute);
    expect(slack.errands).toMatchObject([{ id: 'k3x9w2/effect-1', mayHaveHappened: false }]);
  });

  it('does not record what came back for an effect that another one has taken over', async () => {
    const { outcome, give } = later();
    let isInHand = true;
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) =>
        store.transact((transaction) => work({ ...transaction, inHand: () => Promise.resolve(isInHand) })),
    });
    const slack = carrying(['page.slack'], () => outcome);
    const { enqueue, engine, row, quiet } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue(page('taken over'));
    await engine.start();
    await until(() => slack.errands.length === 1);
    isInHand = false;
    give(done);
    await quiet();
    expect(await row('effect-1')).toMatchObject({ status: 'in-flight', receipt: {} });
  });
});

/** Lets everything that is under way come to its next pause. */
async function macrotask(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

describe('an outcome that cannot be understood', () => {
  it('is set aside: it blocks neither its lane nor the others', async () => {
    const broken: Outcome = { status: 'retry', why: 'busy', after: Number.NaN, mayHaveHappened: false };
    const slack = carrying(['page.slack'], ({ id }) => (id === 'k3x9w2/effect-1' ? broken : done));
    const { enqueue, engine, quiet, row } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue({ ...page('broken'), lane: 'one' }, { ...page('behind it'), lane: 'one' });
    await engine.start();
    await quiet();
    expect(await row('effect-1')).toMatchObject({ status: 'unknown' });
    expect(await row('effect-2')).toMatchObject({ status: 'done' });
  });

  /** The store refuses so many transactions, with this, from the one on that is to record an outcome. */
  function refusing(...errors: readonly Error[]) {
    const left = [...errors];
    const state = { isDue: false, refused: 0 };
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) => {
        const error = state.isDue ? left.shift() : undefined;
        if (!error) return store.transact(work);
        state.refused += 1;
        return Promise.reject(error);
      },
    });
    return { state, through };
  }
  const plain = new Error('PostgreSQL refused a statement: out of something (XX000)');

  it('is set aside also when the store is away in that very moment', async () => {
    const broken: Outcome = { status: 'retry', why: 'busy', after: Number.NaN, mayHaveHappened: false };
    const { state, through } = refusing(plain, new StoreUnavailable('for a moment'));
    const slack = carrying(['page.slack'], ({ id }) => {
      state.isDue = true;
      return id === 'k3x9w2/effect-1' ? broken : done;
    });
    const { enqueue, engine, clock, row } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue({ ...page('broken'), lane: 'one' }, { ...page('behind it'), lane: 'one' });
    await engine.start();
    await until(() => state.refused === 2);
    await clock.advance(minute, macrotask);
    await until(async () => (await row('effect-2')).status === 'done');
    expect(await row('effect-1')).toMatchObject({ status: 'unknown' });
  });

  it('is no reason to go round in circles when nothing can be stored, nor to forget what came back', async () => {
    const { state, through } = refusing(...Array.from({ length: 8 }, () => plain));
    const slack = carrying(['page.slack'], () => {
      state.isDue = true;
      return done;
    });
    const { enqueue, engine, clock, row } = await openWorkshop({ carriers: [slack.carrier], through });
    await enqueue(page('sent'));
    await engine.start();
    await until(() => state.refused > 0);
    await macrotask();
    expect(state.refused, 'and then it waits').toBe(2);
    await clock.advance(minute, macrotask);
    await until(async () => (await row('effect-1')).status === 'done');
    expect([slack.errands.length, state.refused]).toEqual([1, 8]);
  });
});

describe('a retry that is due', () => {
  it('does not wait for another effect that hangs', async () => {
    const { outcome } = later();
    const slack = carrying(['page.slack'], ({ id, attempt }) =>
      id === 'k3x9w2/effect-1' ? (attempt === 1 ? retry : outcome) : attempt === 1 ? retry : done,
    );
    const { enqueue, engine, clock, quiet, row } = await openWorkshop({ carriers: [slack.carrier] });
    await enqueue(page('will hang'), page('goes'));
    await engine.start();
    await quiet();
    void clock.advance(minute, () => new Promise((resolve) => setTimeout(resolve, 20)));
    while ((await row('effect-2')).status !== 'done') await new Promise(setImmediate);
    expect((await row('effect-1')).status).toBe('in-flight');
  });
});
