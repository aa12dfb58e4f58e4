import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { people } from '../../src/sandbox/cast.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { testMachine, type TestMachine } from './support/machine.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const { ana, ben } = people;

let machine: TestMachine;
let world: StillWorld;
const begin = async (at: string): Promise<void> => {
  machine = testMachine(Date.parse(at));
  world = await stillWorld({}, [], { clock: machine.clock });
};
beforeEach(() => begin('2026-11-22T03:00:00Z'));
afterEach(() => world.close());

describe('Set forward by an hour, or a machine that was suspended for one', () => {
  test('calls the rungs that came due at once, each once, in order, and says how late', async () => {
    await fires();
    await world.pass(minute);
    machine.setClock(hour);
    await world.pass(15 * second);

    expect(await rungs()).toEqual(['1.1 at 0m', '2.1 at 61m', '3.1 at 61m', '4.1 at 61m']);
    expect(await told('timers.late')).toMatchObject([{ asleep: true, steps: 3 }]);
    expect(threadSays('Lastgood was asleep, or its clock was set forward, 03:01:00–04:01:')).toBe(true);
    expect(threadSays('3 steps fired late')).toBe(true);
    // One page a rung, and only those that ring.
    const keys = world.pagerduty.alerts().map(({ dedupKey }) => dedupKey.slice(dedupKey.indexOf('rung')));
    expect(keys).toEqual(['rung-1.1', 'rung-2.1', 'rung-3.1']);

    // The next round counts from now.
    await world.pass(10 * minute);
    expect((await rungs()).slice(4)).toEqual(['1.2 at 66m', '2.2 at 71m']);
  });

  test('brings out what was to be tried again meanwhile', async () => {
    world.pagerduty.fail({ status: 503 });
    await fires();
    await world.pass(10 * minute);
    const waiting = world.pagerduty.alerts().length;
    world.pagerduty.heal();
    machine.setClock(20 * minute);
    await world.pass(15 * second);
    expect([waiting, world.pagerduty.alerts().length > 0]).toEqual([0, true]);
  });

  test('leaves a plan expired that nobody has approved in time', async () => {
    await asks();
    machine.setClock(hour);
    await world.pass(15 * second);
    expect((await world.operation('OP-1')).status).toBe('expired');
    await approves();
    expect(world.github.runs()).toEqual([]);
  });
});

describe('Set back by an hour', () => {
  test('calls nobody twice, and nobody an hour later than before', async () => {
    await fires();
    await world.pass(6 * minute);
    expect(await rungs()).toEqual(['1.1 at 0m', '2.1 at 5m']);
    machine.setClock(-hour);
    await world.pass(4 * minute + 15 * second);

    expect(await rungs()).toEqual(['1.1 at 0m', '2.1 at 5m', '3.1 at -50m']);
    expect(threadSays('was set back by 59m 50s')).toBe(true);
    await world.pass(5 * minute);
    expect((await rungs()).at(-1)).toBe('4.1 at -45m');
    const keys = world.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
    expect(keys).toEqual([...new Set(keys)]);
  });

  test('keeps no page waiting for an hour that was to be tried again in a moment', async () => {
    world.pagerduty.fail({ status: 503 });
    await fires();
    await world.pass(minute);
    world.pagerduty.heal();
    machine.setClock(-hour);
    await world.pass(minute);
    expect(world.pagerduty.alerts()).toHaveLength(1);
  });

  test('does not let silence count as work for an hour longer', async () => {
    await fires();
    await world.type(ana.id, '/incident ack INC-1');
    await world.pass(10 * minute);
    machine.setClock(-hour);
    await world.pass(4 * minute);
    expect(await told('acknowledgement.expired')).toEqual([]);
    await world.pass(minute + 15 * second);
    expect(await told('acknowledgement.expired')).toHaveLength(1);
  });
});

test('The clock is set back by an hour while Lastgood is down: the rest of the ladder is called as soon as before', async () => {
  await fires();
  await world.pass(6 * minute);
  await world.stopBot();
  machine.setClock(-hour);
  await world.startBot();
  await world.pass(4 * minute + 15 * second);
  expect(await rungs()).toEqual(['1.1 at 0m', '2.1 at 5m', '3.1 at -50m']);
});

test('The clock is set forward by an hour while Lastgood is down: caught up at the start, each rung once', async () => {
  await fires();
  await world.pass(minute);
  await world.stopBot();
  machine.setClock(hour);
  await world.startBot();
  await world.settle();
  expect(await rungs()).toEqual(['1.1 at 0m', '2.1 at 61m', '3.1 at 61m', '4.1 at 61m']);
  expect(threadSays('Lastgood was down')).toBe(true);
});

describe('The night on which summer time ends', () => {
  beforeEach(async () => {
    await world.close();
    // From 03:00 CEST it is 02:00 CET, at 01:00 UTC.
    vi.stubEnv('TZ', 'Europe/Berlin');
    await begin('2026-10-25T00:52:00Z');
  });
  afterEach(() => vi.unstubAllEnvs());

  test('is an hour like any other: rungs and expiries are moments, and turns are of UTC', async () => {
    expect(new Date('2026-10-25T00:59:00Z').getHours()).toBe(2);
    expect(new Date('2026-10-25T01:01:00Z').getHours()).toBe(2);
    await fires();
    await asks();
    const { expiresAt } = await world.operation('OP-1');
    await world.pass(expiresAt - machine.clock.now() - second);
    expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
    await world.pass(second);
    expect((await world.operation('OP-1')).status).toBe('expired');
    expect((await rungs()).slice(0, 4)).toEqual(['1.1 at 0m', '2.1 at 5m', '3.1 at 10m', '4.1 at 15m']);
  });
});

async function fires(): Promise<void> {
  const alert = { key: 'down', title: 'Nobody can pay', service: 'checkout', severity: 'critical' };
  expect(await world.deliver('generic', { ...alert, status: 'firing' })).toBe(202);
  await world.settle();
}

async function asks(): Promise<void> {
  await world.type(ana.id, '/rollback stable 1.4.2 nobody can pay');
  expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
}

async function approves(): Promise<void> {
  const { hash } = await world.operation('OP-1');
  await world.type(ben.id, `/operation approve OP-1 ${hash}`);
}

async function events(): Promise<readonly (IncidentEvent & { readonly at: number })[]> {
  const stored = await world.bot().store.readEvents('INC-1');
  return stored.map(({ data, at }) => ({ ...(data as IncidentEvent), at }));
}

async function told(type: IncidentEvent['type']): Promise<readonly object[]> {
  return (await events()).filter((event) => event.type === type);
}

/** `2.1 at 5m`: the second rung of the first round, five minutes after the incident opened, by the clock. */
async function rungs(): Promise<readonly string[]> {
  const all = await events();
  const opened = all[0]?.at ?? 0;
  return all.flatMap((event) =>
    event.type === 'rung.fired'
      ? [`${event.rung}.${event.round} at ${Math.floor((event.at - opened) / minute)}m`]
      : [],
  );
}

function threadSays(words: string): boolean {
  return world.slack
    .messages('C0INCIDENTS')
    .some(({ text, thread_ts }) => thread_ts !== undefined && text.includes(words));
}
