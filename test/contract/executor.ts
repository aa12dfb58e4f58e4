import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, Handle, StepProgress, StepRun } from '../../src/core/executor.ts';

/** An executor and the other side that it talks to. */
export interface ExecutorWorld {
  readonly executor: Executor;
  readonly run: StepRun;
  /** Sent along to the other side, and never to be seen again. */
  readonly secret: string;
  /** How the work ends over there. */
  readonly end: (how: 'well' | 'badly') => void;
  /** The next request takes effect, but its answer is lost. */
  readonly loseAnswer: () => void;
  /** Every request is turned down, in these words. */
  readonly refuse: (words: string) => void;
  /** Requests are taken, take effect, and are not answered. */
  readonly hang: () => void;
  readonly heal: () => void;
  /** Time goes by between two questions. */
  readonly wait: () => void;
  /** How often production was changed over there. */
  readonly changes: () => number;
  readonly close: () => Promise<void>;
}

/** What every executor has to promise, whatever it executes. */
export function executorContract(open: () => Promise<ExecutorWorld>): void {
  describe('keeps the contract of an executor', () => {
    let world: ExecutorWorld;
    let once: number;
    beforeEach(async () => {
      world = await open();
      once = world.executor.onlyLooks ? 0 : 1;
    });
    afterEach(() => world.close());

    it('is done when the work ended well', async () => {
      const { last } = await drive(world);
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('has failed when the work ended badly, and says so in a sentence', async () => {
      world.end('badly');
      const { last } = await drive(world);
      expect(last?.status).toBe('failed');
      expect(last?.note).toMatch(/^[\p{L}\d].{10,}/u);
    });

    it('is found again after a crash that lost the handle, and is not done twice', async () => {
      await world.executor.start(world.run, soon());
      const { last } = await drive(world, 'check');
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('is not done twice when the answer to its start was lost', async () => {
      world.loseAnswer();
      const { last } = await drive(world);
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('never claims to be done or undone when nobody answers before the deadline', async () => {
      world.hang();
      const { said, last } = await drive(world, 'start', 1);
      expect(said).toHaveLength(1);
      expect(['running', 'unknown', undefined]).toContain(last?.status);
    });

    it('ends well after the other side was away for a while', async () => {
      world.hang();
      await drive(world, 'start', 1);
      world.heal();
      const { last } = await drive(world, 'check');
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('lets no secret into what it says, even if the other side repeats it', async () => {
      world.refuse(`who is ${world.secret}?`);
      const { said } = await drive(world);
      expect(said.join('\n')).not.toBe('');
      expect(said.join('\n')).not.toContain(world.secret);
    });

    it('refuses a policy with a word that it does not know', () => {
      const { schema } = world.executor;
      expect(schema.safeParse(world.run.with).success).toBe(true);
      expect(schema.safeParse({ ...(world.run.with as object), extra: 1 }).success).toBe(false);
    });
  });
}

/**
 * Does what the engine does: starts, asks until it is settled, and starts again only after `not-started`.
 * @returns the last progress, and everything that was said on the way.
 */
export async function drive(
  { executor, run, wait }: Pick<ExecutorWorld, 'executor' | 'run' | 'wait'>,
  from: 'start' | 'check' = 'start',
  turns = 20,
): Promise<{ readonly last: StepProgress | undefined; readonly said: readonly string[] }> {
  const said: string[] = [];
  let last: StepProgress | undefined;
  let handle: Handle | undefined;
  let next = from;
  for (let turn = 0; turn < turns; turn += 1) {
    const asked = next === 'start' ? executor.start(run, soon()) : executor.check(run, handle, soon());
    next = 'check';
    try {
      last = await asked;
    } catch (error) {
      said.push(String(error));
      wait();
      continue;
    }
    said.push(JSON.stringify(last));
    if (last.status === 'done' || last.status === 'failed') break;
    if (last.status === 'not-started') next = 'start';
    if (last.status === 'running') handle = last.handle;
    wait();
  }
  return { last, said };
}

export function soon(): AbortSignal {
  return AbortSignal.timeout(1_000);
}
