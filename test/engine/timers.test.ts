import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Envelope } from '../../src/core/envelope.ts';
import { createTimers } from '../../src/engine/timers.ts';
import type { Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, hour, minute, second, start } from '../support/given.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

function alert(service: string): Envelope {
  return {
    to: { kind: 'incident', alias: `${service}@shop/stable`, open: true },
    at: start,
    by: alertmanager,
    intent: receive(firing('5xx', 'P0', '', service)),
  };
}

async function rungs({ store }: Workshop, id = 'INC-1') {
  return (await store.readEvents(id)).flatMap(({ type, at, data }) =>
    type === 'rung.fired' ? [`${(at - start) / minute}m rung ${(data as { rung: number }).rung}`] : [],
  );
}

/** Keeps a stream due that has nothing to do when it is woken. */
function writeSleepless(store: Store, id: string, kind: 'channel' | 'incident' = 'channel') {
  const state = kind === 'channel' ? { id, name: id, periods: [], moves: [], incidents: {} } : {};
  const write = { id, kind, expected: 0, state, wakeAt: start - 1, alias: undefined, events: [] };
  return store.transact((transaction) =>
    transaction.write({
      ...write,
      events: [{ stream: id, seq: 1, at: start, by: alertmanager, type: 'x', data: {} }],
    }),
  );
}

describe('the clock was set back while nobody was there', () => {
  it('and whoever starts then dies before all are told: the next start tells them', async () => {
    let dies = false;
    const through = (store: Store): Store => ({
      ...store,
      hastenOutbox: (by, latest) =>
        dies ? new Promise<never>(() => undefined) : store.hastenOutbox(by, latest),
    });
    const before = await openWorkshop({ through });
    await before.engine.start();
    await before.engine.submit([alert('checkout')]);
    await before.quiet();
    dies = true;
    const dying = await before.crash(-hour);
    await dying.engine.start();
    dies = false;
    const after = await dying.crash(second);
    await after.engine.start();
    await after.advance(5 * minute);
    expect(await rungs(after)).toEqual(['0m rung 1', expect.stringMatching(/^-5[45].* rung 2$/)]);
  });
});

describe('time passes', () => {
  it('and every stream is woken when it asked to be', async () => {
    const workshop = await openWorkshop();
    await workshop.engine.start();
    await workshop.engine.submit([alert('checkout'), alert('platform')]);
    await workshop.advance(15 * minute);
    const climbed = ['0m rung 1', '5m rung 2', '10m rung 3', '15m rung 4'];
    expect(await rungs(workshop)).toEqual(climbed);
    expect(await rungs(workshop, 'INC-2')).toEqual(climbed);
  });

  it('with one timer armed for all of them, besides the sign of life', async () => {
    const { engine, store, clock, log, quiet } = await openWorkshop();
    await engine.submit([alert('checkout'), alert('platform')]);
    let armed = 0;
    const counting: Clock = {
      ...clock,
      wakeAt: (at, wake) => {
        armed += 1;
        const disarm = clock.wakeAt(at, wake);
        return () => {
          armed -= 1;
          disarm();
        };
      },
    };
    const timers = createTimers({
      store,
      clock: counting,
      log,
      written: new Map(),
      latest: { at: 0 },
      submit: () => Promise.reject(new Error('nothing is due')),
      jumped: () => undefined,
      caughtUp: () => Promise.resolve(),
    });
    await timers.start();
    await timers.working();
    for (let again = 0; again < 5; again += 1) {
      timers.rearm();
      await timers.working();
    }
    expect(armed).toBe(2);
    await timers.stop();
    expect(armed).toBe(0);
    await quiet();
  });
});

describe('after an absence', () => {
  async function away(absence: number) {
    const before = await openWorkshop();
    await before.engine.start();
    await before.engine.submit([alert('checkout')]);
    await before.advance(minute);
    const after = await before.crash(absence);
    await after.engine.start();
    await after.quiet();
    return after;
  }

  it('what came due meanwhile is caught up, and how long it lasted is said', async () => {
    const after = await away(10 * minute);
    expect(await rungs(after)).toEqual(['0m rung 1', '11m rung 2', '11m rung 3']);
    const late = (await after.store.readEvents('INC-1')).find(({ type }) => type === 'timers.late');
    expect(late?.data).toMatchObject({ from: start + minute, to: start + 11 * minute, steps: 2 });
    await after.advance(4 * minute);
    expect(await rungs(after)).toContain('15m rung 4');
  });

  it('of half a minute nothing is said', async () => {
    const after = await away(20 * second);
    await after.advance(hour);
    const types = (await after.store.readEvents('INC-1')).map(({ type }) => type);
    expect(types).not.toContain('timers.late');
    expect(types).toContain('ladder.ended');
  });

  it('what came due later is not blamed on it', async () => {
    const after = await away(2 * minute);
    await after.advance(2 * minute);
    const types = (await after.store.readEvents('INC-1')).map(({ type }) => type);
    expect(types).toContain('rung.fired');
    expect(types).not.toContain('timers.late');
  });
});

describe('a stream that is due', () => {
  it('and does nothing when it is woken is asked again in a while, not at once', async () => {
    let ticks = 0;
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) => {
        ticks += 1;
        return store.transact(work);
      },
    });
    const { store, engine, quiet, advance } = await openWorkshop({ through });
    await writeSleepless(store, 'channel:shop/stable');
    await engine.start();
    await quiet();
    expect(ticks).toBe(1);
    await advance(10 * second);
    expect(ticks).toBeGreaterThan(5);
    expect(ticks).toBeLessThan(15);
  });

  it('and cannot be woken keeps no other asleep', async () => {
    const workshop = await openWorkshop();
    await writeSleepless(workshop.store, 'INC-9', 'incident');
    await workshop.engine.submit([alert('checkout')]);
    await workshop.engine.start();
    await workshop.advance(5 * minute);
    expect(await rungs(workshop)).toEqual(['0m rung 1', '5m rung 2']);
    expect(workshop.errors).toContain('a stream could not be woken');
  });

  it('among hundreds that do nothing is woken, too', async () => {
    const workshop = await openWorkshop();
    for (let n = 0; n < 120; n += 1) await writeSleepless(workshop.store, `channel:shop/c${n}`);
    await workshop.engine.start();
    await workshop.quiet();
    expect(workshop.errors).toEqual([]);
  });
});
