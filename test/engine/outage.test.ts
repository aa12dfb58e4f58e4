import { expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Outage } from '../../src/core/outage.ts';
import { createTimers } from '../../src/engine/timers.ts';
import { minute, second, start } from '../support/given.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Timers on the workshop's store, and the outages that people were told of. */
function timersOf(
  { store, clock, log }: Workshop,
  caughtUp: (outage: Outage) => Promise<void>,
  through: Clock = clock,
) {
  return createTimers({
    store,
    log,
    caughtUp,
    clock: through,
    written: new Map(),
    latest: { at: 0 },
    submit: () => Promise.resolve(),
    jumped: () => undefined,
  });
}

async function lives(workshop: Workshop, caughtUp: (outage: Outage) => Promise<void>): Promise<void> {
  const timers = timersOf(workshop, caughtUp);
  await timers.start();
  for (let work = timers.working(); work; work = timers.working()) await work;
  await timers.stop();
}

test('an outage is told once, when what came due meanwhile is caught up', async () => {
  const told: Outage[] = [];
  const tell = (outage: Outage): Promise<void> => Promise.resolve(void told.push(outage));
  const before = await openWorkshop();
  await lives(before, tell);
  expect(told).toEqual([]);

  const after = await before.crash(7 * minute);
  await lives(after, tell);
  expect(told).toEqual([{ from: start, to: start + 7 * minute }]);

  await lives(await after.crash(20 * second), tell);
  expect(told).toHaveLength(1);
});

test('an outage that could not be told before the next one began is told with it', async () => {
  const told: Outage[] = [];
  const before = await openWorkshop();
  await lives(before, () => Promise.resolve());
  const dying = await before.crash(7 * minute);
  await lives(dying, () => Promise.reject(new Error('the process dies')));

  await lives(await dying.crash(second), (outage) => Promise.resolve(void told.push(outage)));

  expect(told).toEqual([{ from: start, to: start + 7 * minute + second }]);
});

test('who was suspended while another process was awake was missed by nobody', async () => {
  const told: Outage[] = [];
  const workshop = await openWorkshop();
  const { store, clock } = workshop;
  // It does not hear the clock until it wakes.
  let wakeUp = (): void => undefined;
  const suspended: Clock = {
    now: clock.now,
    wakeAt: (_, wake) => {
      wakeUp = wake;
      return () => undefined;
    },
  };
  const timers = timersOf(workshop, (outage) => Promise.resolve(void told.push(outage)), suspended);
  const wakes = async (): Promise<void> => {
    wakeUp();
    await new Promise(setImmediate);
    for (let work = timers.working(); work; work = timers.working()) await work;
  };
  await timers.start();
  await clock.advance(7 * minute, () => Promise.resolve());
  await store.writeMark('alive-at', String(clock.now() - second));
  await wakes();
  expect(told).toEqual([]);

  await clock.advance(7 * minute, () => Promise.resolve());
  await wakes();
  expect(told).toEqual([{ from: start + 7 * minute, to: start + 14 * minute, asleep: true }]);
  await timers.stop();
});
