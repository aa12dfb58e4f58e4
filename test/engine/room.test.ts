import { describe, expect, it } from 'vitest';
import type { Effect, Outcome } from '../../src/core/effect.ts';
import type { Neighbour } from '../../src/engine/neighbours.ts';
import { createRoom } from '../../src/engine/room.ts';
import type { KindOfEffect } from '../../src/store/store.ts';
import { minute, second, start } from '../support/given.ts';
import { carrying, done, openWorkshop, page, type Workshop } from './workshop.ts';

const call: KindOfEffect = { type: 'page.pagerduty', priority: 0 };
const mail: KindOfEffect = { type: 'page.mail', priority: 0 };
const text: KindOfEffect = { type: 'page.slack', priority: 0 };
const card: KindOfEffect = { type: 'slack.card', priority: 4 };
const step: KindOfEffect = { type: 'step.run', priority: -1 };
const calling = (n: number): Effect => ({
  type: 'page.pagerduty',
  action: 'trigger',
  dedupKey: `k${n}`,
  severity: 'P0',
  summary: 's',
  service: 's',
  person: 'ana',
});
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};
const times = (count: number, kind: KindOfEffect) => Array.from({ length: count }, () => kind);

describe('of 32 places', () => {
  const silent: Neighbour[] = [];
  const { left, full } = createRoom(32, () => silent);

  it('four are kept for steps, and a quarter for what cannot wait', () => {
    expect([left(call, []), left(card, []), left(step, [])]).toEqual([28, 24, 32]);
    expect([left(call, times(28, text)), left(step, times(28, text))]).toEqual([0, 4]);
    expect(left(card, times(24, card))).toBe(0);
    expect(full(times(28, text)), 'nobody who answers is left out for long').toEqual([]);
  });

  it('whoever did not answer last has eleven for all that is theirs, four of them for their pages alone', () => {
    silent.push('slack');
    expect([left(text, []), left(text, times(11, text)), left(text, times(7, card))]).toEqual([11, 0, 4]);
    expect([left(card, []), left(card, times(7, card)), left(card, times(11, text))]).toEqual([7, 0, 0]);
    expect(left(text, times(24, card)), 'which were taken before it was known').toBe(4);
    expect(left(call, times(11, text))).toBe(17);
    expect(full(times(7, card)).every(({ type, priority }) => /slack/.test(type) && priority === 2)).toBe(
      true,
    );
    expect(full(times(11, text)).map(({ type }) => type)).toContain('page.slack');
    expect(full(times(3, text))).toEqual([]);
  });

  it('two who do not answer leave some to the third', () => {
    silent.push('mail');
    const underWay: KindOfEffect[] = [];
    for (const kind of [...times(40, card), ...times(40, text), ...times(40, mail)])
      if (left(kind, underWay) > 0) underWay.push(kind);
    expect(underWay).toHaveLength(22);
    expect(left(call, underWay)).toBe(6);
  });
});

describe('while more calls wait than there is room for, and everybody answers', () => {
  it('a step begins at once: the oldest that are due are not pages alone', async () => {
    const world = carrying(['page.pagerduty', 'step.run'], () => new Promise<Outcome>(() => undefined));
    const { enqueue, engine, clock } = await openWorkshop({ carriers: [world.carrier] });
    const pass = () => clock.advance(second, turns);
    await enqueue(...Array.from({ length: 200 }, (_, n) => calling(n)));
    await engine.start();
    await pass();
    await enqueue({ type: 'step.run', step: 0, deadline: 10 * minute });
    engine.poke();
    await pass();
    expect(world.errands.map(({ effect }) => effect.type)).toEqual([
      ...Array(28).fill('page.pagerduty'),
      'step.run',
    ]);
  });
});

describe('while more pages than there are places hang in Slack', () => {
  const silence: Outcome = { status: 'retry', why: 'Slack does not answer', mayHaveHappened: true };

  /** PagerDuty, mail and steps take a moment; Slack takes as long as we wait for it. */
  async function openTown() {
    let workshop: Workshop | undefined;
    const after = (length: number, outcome: Outcome): Promise<Outcome> =>
      new Promise((resolve) => workshop?.clock.wakeAt(workshop.clock.now() + length, () => resolve(outcome)));
    const doneAt: number[] = [];
    const world = carrying(['page.slack', 'page.pagerduty', 'step.run'], async ({ effect }) => {
      if (effect.type === 'page.slack') return after(10 * second, silence);
      const outcome = await after(300, done);
      doneAt.push((workshop?.clock.now() ?? 0) - start);
      return outcome;
    });
    workshop = await openWorkshop({ carriers: [world.carrier], random: () => 0.5, mostInFlight: 8 });
    const { clock } = workshop;
    const pass = (length: number) => clock.advance(length, turns);
    const hung = () => world.errands.filter(({ effect }) => effect.type === 'page.slack').length;
    return { ...workshop, doneAt, hung, pass };
  }

  it('PagerDuty calls, as soon as it is known that Slack does not answer', async () => {
    const { enqueue, engine, doneAt, pass } = await openTown();
    for (let n = 0; n < 30; n += 1) await enqueue(page(`text ${n}`), calling(n));
    await engine.start();
    await pass(minute);
    expect(doneAt).toHaveLength(30);
    expect(Math.max(...doneAt)).toBeLessThan(20 * second);
  });

  it('a step begins, and Slack is still tried', async () => {
    const { enqueue, engine, doneAt, hung, pass } = await openTown();
    await enqueue(...Array.from({ length: 40 }, (_, n) => page(`text ${n}`)));
    await engine.start();
    await pass(minute);
    const before = hung();
    await enqueue({ type: 'step.run', step: 0, deadline: 10 * minute });
    engine.poke();
    await pass(2 * second);
    expect(doneAt).toEqual([minute + 300]);
    await pass(minute);
    expect(hung()).toBeGreaterThan(before);
  });
});
