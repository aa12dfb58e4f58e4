import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { Envelope } from '../../src/core/envelope.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import { kindOfStream } from '../../src/engine/kinds.ts';
import { ana, ben, dana, hour, minute } from '../support/given.ts';
import { approvals } from '../support/rollback.ts';
import { fakeExecutor } from './fake-executor.ts';
import { carrying, done, openWorkshop, type Workshop } from './workshop.ts';

const stable = 'channel:shop/stable';

/** What somebody does; several of these reach the engine in the same turn of the event loop. */
const deeds = {
  'Ben approves': press('approve', ben),
  'Dana approves': press('approve', dana),
  'Dana approves by her other account': press('approve', {
    ...dana,
    name: 'dana-at-home',
    via: 'api',
  } as Actor),
  'Ana approves her own': press('approve', ana),
  'Ben rejects': press('reject', ben),
  'Ana stops it': press('abort', ana),
  'Dana says how it ended': press('settle', dana),
  'Ana asks': ask,
  'Ana asks again': ask,
} as const;
type Deed = keyof typeof deeds;

function press(button: 'approve' | 'reject' | 'abort' | 'settle', by: Actor) {
  return (newest: Operation | undefined, at: number): Envelope | undefined => {
    if (!newest) return undefined;
    const { id, hash } = newest;
    const intent: Intent =
      button === 'settle'
        ? { type: 'operation.settle', outcome: 'failed', why: 'looked' }
        : { type: `operation.${button}`, hash };
    return { to: { kind: 'operation', id }, at, by, intent };
  };
}
function ask(_newest: Operation | undefined, at: number): Envelope {
  return say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, at);
}
function say(id: string, intent: Intent, by: Actor, at: number): Envelope {
  return { to: { kind: kindOfStream(id), id }, at, by, intent };
}

const nights = array(
  record({
    atOnce: array(constantFrom(...(Object.keys(deeds) as Deed[])), { minLength: 1, maxLength: 6 }),
    after: constantFrom('goes on', 'goes on', 'time passes', 'dies', 'dies for hours'),
  }),
  { minLength: 3, maxLength: 8 },
);

/** The real engine and store. A failure prints its seed and the shortest night that shows it. */
it('whatever people do at once, and whenever it dies: a step is begun once, with its approvals, one operation at a time', async () => {
  let begun = 0;
  const holds = asyncProperty(nights, constantFrom(1, 2), async (night, needed) => {
    const policies = approvals(needed);
    const tools = ['github-workflow', 'health', 'sentry-release'].map((name) => fakeExecutor({ name }));
    const cards = carrying(['slack.card', 'slack.thread', 'registry.publish', 'page.slack'], () => done);
    const steps = stepCarrier(new Map(tools.map(({ executor }) => [executor.name, executor])));
    let shop: Workshop = await openWorkshop({ policies, carriers: [cards.carrier, steps] });
    await shop.engine.start();
    for (const [version, at] of [
      ['1.4.2', -3 * hour],
      ['1.5.0', -2 * hour],
    ] as const) {
      const intent = { type: 'channel.set', version, reason: 'released' } as const;
      await shop.engine.submit([say(stable, intent, ana, shop.clock.now() + at)]);
    }
    await shop.engine.submit([ask(undefined, shop.clock.now())]);
    for (const { atOnce, after } of night) {
      const [newest] = await shop.store.listStreams('operation', { limit: 1 });
      const envelopes = atOnce.flatMap((deed) => {
        const envelope = deeds[deed](newest?.state as Operation | undefined, shop.clock.now());
        return envelope ? [envelope] : [];
      });
      const submitted = envelopes.map((envelope) => shop.engine.submit([envelope]));
      if (after === 'dies' || after === 'dies for hours') {
        // Some of it is stored, some is not; whoever was not answered does not know.
        await Promise.race([...submitted, new Promise(setImmediate)]);
        const [, crashed] = await Promise.all([
          Promise.allSettled(submitted),
          shop.crash(after === 'dies' ? minute : 5 * hour),
        ]);
        shop = crashed;
        await shop.engine.start();
      } else {
        await Promise.all(submitted);
      }
      if (after === 'time passes') await shop.advance(minute);
      await shop.quiet();
      await isSound(shop, needed);
    }
    const asked = tools.flatMap(({ tool }) => tool.asked).filter((what) => what.startsWith('start '));
    expect(asked, 'no step is begun twice').toEqual([...new Set(asked)]);
    begun += asked.length;
    expect(shop.errors).toEqual([]);
    await shop.engine.stop();
  });
  await assert(holds, { numRuns: 20 });
  expect(begun, 'the nights are worth telling').toBeGreaterThan(5);
}, 120_000);

async function isSound({ store }: Workshop, needed: number): Promise<void> {
  const operations = (await store.listStreams('operation')).map(({ state }) => state as Operation);
  expect(operations.filter(({ status }) => status === 'running').length).toBeLessThanOrEqual(1);
  for (const { status, steps, approvals: given } of operations) {
    expect(new Set(given.map(({ person }) => person)).size, 'a person counts once').toBe(given.length);
    expect(given.map(({ person }) => person)).not.toContain('ana');
    expect(given.length).toBeLessThanOrEqual(needed);
    const hasBegun = steps.some((step) => step.status !== 'waiting');
    expect(given.length, 'with its approvals').toBeGreaterThanOrEqual(hasBegun ? needed : 0);
    if (status === 'approved') throw new Error('approved, and neither begun nor void');
  }
}
