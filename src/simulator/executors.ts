import { z } from 'zod';
import type { Executor, StepProgress, StepRun } from '../core/executor.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import type { Ask, Reply } from './neighbour.ts';
import type { Process } from './process.ts';
import { beginWork, workOf, type Production, type Work } from './production.ts';
import type { Place } from './trouble.ts';

/**
 * How the neighbour that deploys knows what it was asked for. `workflow`: as GitHub Actions does: it cannot be asked whether
 * something was never begun, and whatever is asked for twice runs twice. `tool`: it knows its ids, runs each once, and
 * says for certain that it has not heard of one.
 */
export type Deployer = 'workflow' | 'tool';

interface Parts {
  readonly process: Process;
  readonly agenda: Agenda;
  readonly ask: Ask;
  readonly dice: Dice;
  readonly production: Production;
  readonly deployer: Deployer;
  /** Something begins to change production at this moment. */
  readonly begins: (process: Process, work: Work) => void;
}

/** What the steps of the example policies use. */
export function simulatedExecutors(parts: Parts): ReadonlyMap<string, Executor> {
  const all = [deployment(parts), look('health', 'health', parts), record('sentry-release', 'sentry', parts)];
  return new Map(all.map((executor) => [executor.name, executor]));
}

function deployment({ process, agenda, ask, dice, production, deployer, begins }: Parts): Executor {
  function begin(run: StepRun): Work {
    const known = deployer === 'tool' ? workOf(production, run.id) : undefined;
    if (known) return known;
    const work = beginWork(production, run, agenda.now());
    begins(process, work);
    agenda.after(dice.wait(90_000), () => {
      if (work.state !== 'running') return;
      work.state = dice.chance(0.12) ? 'failed' : 'succeeded';
      // What fails may have got half way.
      if (work.state === 'succeeded' || dice.chance(0.3)) production.live.set(work.channel, work.version);
    });
    return work;
  }

  const check: Executor['check'] = async (run, handle, signal) => {
    const reply = await ask(process, 'workflow', () => stateOf(workOf(production, run.id)), signal);
    if (reply.is !== 'answered') return unanswered(reply);
    if (reply.value) return progressOf(run, reply.value);
    if (deployer === 'tool') return { status: 'not-started', note: 'The tool has not heard of it.' };
    return handle === undefined
      ? { status: 'unknown', note: 'It shows no such run; it may show one late.' }
      : { status: 'running', note: 'It shows no such run yet.', handle };
  };

  return {
    name: 'github-workflow',
    schema: z.unknown(),
    pollEvery: 5_000,
    onlyLooks: false,
    start: async (run, signal) => {
      const reply = await ask(process, 'workflow', () => begin(run).state, signal);
      if (reply.is === 'answered') return progressOf(run, reply.value);
      if (reply.is === 'silent') throw new Error('no answer in time');
      return {
        status: 'not-started',
        note: 'It did not take it.',
        ...(reply.is === 'limited' ? { again: reply.after } : {}),
      };
    },
    check,
    cancel: async (run, handle, signal) => {
      const stop = (): void => {
        const work = workOf(production, run.id);
        if (work?.state === 'running') work.state = 'cancelled';
      };
      const reply = await ask(process, 'workflow', stop, signal);
      if (reply.is !== 'answered') throw new Error('it cannot be stopped at the moment');
      return check(run, handle, signal);
    },
  };
}

function stateOf(work: Work | undefined): Work['state'] | undefined {
  return work?.state;
}

function progressOf(run: StepRun, state: Work['state']): StepProgress {
  const handle = { run_id: run.id };
  if (state === 'running') return { status: 'running', note: 'It runs.', handle };
  return state === 'succeeded'
    ? { status: 'done', note: 'It succeeded.', handle }
    : { status: 'failed', note: `It ${state}.`, handle };
}

/** @throws Error: asked again, until the deadline of the step */
function unanswered(reply: Exclude<Reply<unknown>, { is: 'answered' }>): StepProgress {
  if (reply.is === 'limited') return { status: 'unknown', note: 'Slow down.', again: reply.after };
  throw new Error(reply.is === 'refused' ? 'nobody answers there' : 'no answer in time');
}

/** Looks whether all is well, and changes nothing. */
function look(name: string, place: Place, { process, ask, dice, production }: Parts): Executor {
  const examine = async (run: StepRun, signal: AbortSignal): Promise<StepProgress> => {
    const isWell = (): boolean => {
      const well = production.live.get(`${run.app}/${run.channel}`) === run.version && !dice.chance(0.05);
      if (well) production.checked.add(run.id);
      return well;
    };
    const reply = await ask(process, place, isWell, signal);
    if (reply.is !== 'answered') return unanswered(reply);
    return reply.value
      ? { status: 'done', note: 'All is well.' }
      : { status: 'failed', note: 'It is not well.' };
  };
  return {
    name,
    schema: z.unknown(),
    pollEvery: 5_000,
    onlyLooks: true,
    start: examine,
    check: (run, _, signal) => examine(run, signal),
  };
}

/** Writes it down elsewhere; twice is as good as once. */
function record(name: string, place: Place, { process, ask }: Parts): Executor {
  const start: Executor['start'] = async (_, signal) => {
    const reply = await ask(process, place, () => undefined, signal);
    return reply.is === 'answered' ? { status: 'done', note: 'It is written down.' } : unanswered(reply);
  };
  return {
    name,
    schema: z.unknown(),
    pollEvery: 5_000,
    onlyLooks: false,
    start,
    check: async () => ({ status: 'unknown', repeatable: true, note: 'Twice is as good as once.' }),
  };
}
