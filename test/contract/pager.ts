import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Carrier, EffectType, Errand, Outcome } from '../../src/core/effect.ts';

/** A pager and the provider that it hands pages to. */
export interface PagerWorld<Type extends EffectType> {
  readonly pager: Carrier<Type>;
  readonly errand: Errand<Type>;
  /** Sent along to the provider, and never to be seen again. */
  readonly secret: string;
  /** Asks the provider what it has before it hands a page over; left out: hands it over again under the same key. */
  readonly asksFirst?: boolean;
  /** The keys by which the provider could tell a page that it was handed before, one an arrival. */
  readonly arrived: () => readonly string[];
  /**
   * `refuse`: no, and never, repeating the secret in the reason. `break`: an error that may pass. `slow-down`: turned
   * away for now. `hang`: taken, not answered. `lose`: takes effect, and the answer is lost.
   */
  readonly fail: (how: 'refuse' | 'break' | 'slow-down' | 'hang' | 'lose') => void;
  readonly heal: () => void;
  readonly close: () => Promise<void>;
}

/** What every pager has to promise, whomever it hands pages to. */
export function pagerContract<Type extends EffectType>(open: () => Promise<PagerWorld<Type>>): void {
  describe('keeps the contract of a pager', () => {
    let world: PagerWorld<Type>;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const carry = (change: Partial<Errand<Type>> = {}): Promise<Outcome> =>
      world.pager.carry({ ...world.errand, ...change });

    it('hands a page over once, with a receipt that leads back to it', async () => {
      const outcome = await carry();
      expect(outcome.status).toBe('done');
      const [key, ...more] = world.arrived();
      expect(more).toEqual([]);
      expect(Object.values(outcome.status === 'done' ? outcome.receipt : {})).toContain(key);
    });

    it('has failed with a reason when the provider says no', async () => {
      world.fail('refuse');
      const outcome = await carry();
      expect(outcome).toMatchObject({ status: 'failed', why: expect.stringMatching(/.{10,}/) });
      expect(world.arrived()).toEqual([]);
    });

    it('wants to try again after an error that may pass', async () => {
      world.fail('break');
      expect(await carry()).toMatchObject({ status: 'retry' });
    });

    it('wants to try again when it was turned away, and knows that nothing happened', async () => {
      world.fail('slow-down');
      expect(await carry()).toMatchObject({ status: 'retry', mayHaveHappened: false });
      expect(world.arrived()).toEqual([]);
    });

    it('wants to try again when no answer came in time, and leaves open what happened', async () => {
      world.fail('hang');
      expect(await carry({ signal: AbortSignal.timeout(300) })).toMatchObject({
        status: 'retry',
        mayHaveHappened: true,
      });
    });

    it('repeats a page whose answer was lost under the same key, or finds that it has arrived', async () => {
      world.fail('lose');
      expect(await carry()).toMatchObject({ status: 'retry', mayHaveHappened: true });
      world.heal();
      expect(await carry({ attempt: 2, mayHaveHappened: true })).toMatchObject({ status: 'done' });
      const arrived = world.arrived();
      expect(arrived).toHaveLength(world.asksFirst === true ? 1 : 2);
      expect(new Set(arrived).size).toBe(1);
    });

    it('knows that nothing happened when nobody listens', async () => {
      await world.close();
      const outcome = await carry();
      world = await open();
      expect(outcome).toMatchObject({ status: 'retry', mayHaveHappened: false });
    });

    it.each(['refuse', 'break', 'slow-down', 'lose'] as const)(
      'lets no secret into its outcome when the provider would %s',
      async (how) => {
        world.fail(how);
        expect(JSON.stringify(await carry())).not.toContain(world.secret);
      },
    );
  });
}
