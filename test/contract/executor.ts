import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, Handle, StepProgress, StepRun } from '../../src/core/executor.ts';

/** An executor and the other side that it talks to. */
export interface ExecutorWorld {
  readonly executor: Executor;
  /** As the next process builds it. */
  readonly restarted: () => Executor;
  readonly run: StepRun;
  /** As it stands in the policy, where that is checked for its placeholders; left out: as in the run. */
  readonly policy?: object;
  /** Sent along to the other side, and never to be seen again. */
  readonly secret: string;
  /** How the work ends over there; `never`, of one that can be cancelled, means: not before it is. */
  readonly end: (how: 'well' | 'badly' | 'never') => void;
  /** The next request takes effect, but its answer is lost. */
  readonly loseAnswer: () => void;
  /** Every request is turned down, in these words. */
  readonly refuse: (words: string) => void;
  /** Requests are taken, take effect, and are not answered. */
  readonly hang: () => void;
  readonly heal: () => void;
  /** Time goes by between two questions. */
  readonly wait: () => void | Promise<void>;
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
      expect(last, 'it was begun').not.toHaveProperty('begun');
      expect(last?.note).toMatch(/^[\p{L}\d].{10,}/u);
    });

    it('is found again after a crash that lost the handle, and is not done twice', async () => {
      await world.executor.start(world.run, soon());
      const { last } = await drive(world, 'check');
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('is found again by the next process, with what the last one kept', async () => {
      const started = await world.executor.start(world.run, soon());
      const handle = started.status === 'running' ? started.handle : undefined;
      const { last } = await drive({ ...world, executor: world.restarted() }, 'check', handle);
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('is not done twice when the answer to its start was lost', async () => {
      world.loseAnswer();
      const { last } = await drive(world);
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('whose start was taken, and its answer lost, is never said not to have begun', async () => {
      world.loseAnswer();
      const started = await world.executor.start(world.run, soon()).catch(() => undefined);
      const handle = started?.status === 'running' ? started.handle : undefined;
      const { status } = await world.executor.check(world.run, handle, soon());
      // What only looks has begun nothing, and looks again.
      const certain = world.executor.onlyLooks ? ['failed'] : ['failed', 'not-started'];
      expect(certain).not.toContain(status);
    });

    it('never claims to be done or undone when nobody answers before the deadline', async () => {
      world.hang();
      const { said, last } = await drive(world, 'start', undefined, 1);
      expect(said).toHaveLength(1);
      expect(['running', 'unknown', undefined]).toContain(last?.status);
    });

    it('ends well after the other side was away for a while', async () => {
      world.hang();
      await drive(world, 'start', undefined, 1);
      world.heal();
      const { last } = await drive(world, 'check');
      expect(last?.status).toBe('done');
      expect(world.changes()).toBe(once);
    });

    it('that nobody answers for, once begun, is neither over nor free to begin again', async () => {
      const started = await world.executor.start(world.run, soon());
      const handle = started.status === 'running' ? started.handle : undefined;
      world.hang();
      const { last } = await drive(world, 'check', handle, 1);
      expect(['running', 'unknown', undefined]).toContain(last?.status);
    });

    describe('asked to stop', () => {
      it('what runs ends, and has failed', async () => {
        if (world.executor.cancel === undefined) return waitedFor(world);
        const handle = await running(world);
        const asked = await world.executor.cancel(world.run, handle, soon());
        expect(['running', 'failed']).toContain(asked?.status);
        const { last } = await drive(world, 'check', handle);
        expect(last?.status).toBe('failed');
        expect(last?.note).toMatch(/^[\p{L}\d].{10,}/u);
      });

      it('twice is as good as once, and also by the next process', async () => {
        if (world.executor.cancel === undefined) return waitedFor(world);
        const handle = await running(world);
        await world.executor.cancel(world.run, handle, soon());
        await world.restarted().cancel?.(world.run, handle, soon());
        const { last } = await drive(world, 'check', handle);
        expect(last?.status).toBe('failed');
        expect(world.changes()).toBe(once);
      });

      it('what had ended keeps its true end', async () => {
        if (world.executor.cancel === undefined) return waitedFor(world);
        const { last, handle } = await drive(world);
        expect(last?.status).toBe('done');
        const asked = await world.executor.cancel(world.run, handle ?? {}, soon());
        expect(asked?.status).toBe('done');
        expect((await drive(world, 'check', handle)).last?.status).toBe('done');
      });

      it('what does not hear it is an error, to be asked again', async () => {
        if (world.executor.cancel === undefined) return waitedFor(world);
        const handle = await running(world);
        world.hang();
        await expect(world.executor.cancel(world.run, handle, soon())).rejects.toThrow(/\w/);
      });
    });

    it('lets no secret into what it says, even if the other side repeats it', async () => {
      world.refuse(`who is ${world.secret}?`);
      const { said } = await drive(world);
      expect(said.join('\n')).not.toBe('');
      expect(said.join('\n')).not.toContain(world.secret);
    });

    it('refuses a policy with a word that it does not know', () => {
      const { schema } = world.executor;
      const policy = world.policy ?? (world.run.with as object);
      expect(schema.safeParse(policy).success).toBe(true);
      expect(schema.safeParse({ ...policy, extra: 1 }).success).toBe(false);
    });
  });
}

/** Without `cancel`, what runs comes to its own end. */
async function waitedFor(world: ExecutorWorld): Promise<void> {
  expect((await drive(world)).last?.status).toBe('done');
}

/** Starts work that does not end by itself. */
async function running(world: ExecutorWorld): Promise<Handle> {
  world.end('never');
  const started = await world.executor.start(world.run, soon());
  if (started.status !== 'running') throw new Error(`it does not run: ${started.note}`);
  await world.wait();
  return started.handle;
}

/**
 * Does what the engine does: starts, asks until it is settled, and starts again only after `not-started` or `repeatable`.
 * @returns the last progress, everything that was said on the way, and the last handle.
 */
export async function drive(
  { executor, run, wait }: Pick<ExecutorWorld, 'executor' | 'run' | 'wait'>,
  from: 'start' | 'check' = 'start',
  kept?: Handle,
  turns = 40,
): Promise<{
  readonly last: StepProgress | undefined;
  readonly said: readonly string[];
  readonly handle: Handle | undefined;
}> {
  const said: string[] = [];
  let last: StepProgress | undefined;
  let handle = kept;
  let next = from;
  for (let turn = 0; turn < turns; turn += 1) {
    const asked = next === 'start' ? executor.start(run, soon()) : executor.check(run, handle, soon());
    next = 'check';
    try {
      last = await asked;
    } catch (error) {
      said.push(String(error));
      await wait();
      continue;
    }
    said.push(JSON.stringify(last));
    if (last.status === 'done' || last.status === 'failed') break;
    if (last.status === 'not-started' || (last.status === 'unknown' && last.repeatable)) next = 'start';
    if (last.status === 'running') handle = last.handle;
    await wait();
  }
  return { last, said, handle };
}

export function soon(): AbortSignal {
  return AbortSignal.timeout(1_000);
}
