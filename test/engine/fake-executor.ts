import { once } from 'node:events';
import { z } from 'zod';
import type { Executor, Handle, StepProgress, StepRun } from '../../src/core/executor.ts';
import type { Milliseconds } from '../../src/core/time.ts';

/** A deploy tool that lives in memory. It runs work under the step's id, once, and can be told how to treat us. */
export interface FakeTool {
  /** How work ends when it is asked about; `never`, not before it is cancelled. */
  end: 'well' | 'badly' | 'never';
  /** Takes the wish to cancel, and goes on for so many more questions; `Infinity`, for ever. */
  stubborn: number;
  /** The next answer is lost; every request is turned down in these words; or taken and not answered. */
  trouble: 'lose' | 'hang' | { readonly refuse: string } | undefined;
  /** Everything that it was asked: `start OP-1.1`. */
  readonly asked: readonly string[];
  readonly begun: () => number;
}

interface Work {
  state: 'running' | 'ended well' | 'ended badly' | 'cancelled';
  /** So many more questions until the wish to cancel has its effect. */
  lasting: number | undefined;
}

/** An executor for it, under any name; `cancel: false`: of the kind that cannot be stopped. */
export function fakeExecutor(
  options: { readonly name?: string; readonly cancel?: boolean; readonly pollEvery?: Milliseconds } = {},
): { readonly tool: FakeTool; readonly executor: Executor } {
  const work = new Map<string, Work>();
  const asked: string[] = [];
  const tool: FakeTool = {
    end: 'well',
    stubborn: 0,
    trouble: undefined,
    asked,
    begun: () => work.size,
  };

  /** The request takes effect, unless it is refused; whether its answer arrives is another matter. */
  async function request<T>(what: string, signal: AbortSignal, effect: () => T): Promise<T | 'refused'> {
    asked.push(what);
    const { trouble } = tool;
    if (typeof trouble === 'object') return 'refused';
    const answer = effect();
    if (trouble === 'hang') {
      if (!signal.aborted) await once(signal, 'abort');
      throw new Error('the tool took too long');
    }
    if (trouble === 'lose') {
      tool.trouble = undefined;
      throw new Error('the answer of the tool was lost');
    }
    return answer;
  }

  function look(id: string): StepProgress {
    const one = work.get(id);
    if (!one) return { status: 'not-started', note: 'The tool has not heard of it.' };
    if (one.lasting !== undefined && one.lasting-- <= 0) one.state = 'cancelled';
    else if (one.state === 'running' && tool.end !== 'never') one.state = `ended ${tool.end}`;
    const handle: Handle = { work: id };
    if (one.state === 'running') return { status: 'running', note: 'The work goes on.', handle };
    return {
      status: one.state === 'ended well' ? 'done' : 'failed',
      note: `The work ${sayState(one.state)}.`,
    };
  }

  const refused: StepProgress = { status: 'failed', note: 'The tool refused.' };
  const executor: Executor = {
    name: options.name ?? 'fake',
    schema: z.strictObject({}),
    pollEvery: options.pollEvery ?? 5_000,
    onlyLooks: false,
    start: async ({ id }: StepRun, signal) => {
      const answer = await request(`start ${id}`, signal, (): StepProgress => {
        if (work.has(id)) throw new Error(`${id} was started twice`);
        work.set(id, { state: 'running', lasting: undefined });
        return { status: 'running', note: 'The work has begun.', handle: { work: id } };
      });
      return answer === 'refused' ? refused : answer;
    },
    check: async ({ id }, _handle, signal) => {
      const answer = await request(`check ${id}`, signal, () => look(id));
      if (answer === 'refused') throw new Error('The tool refused.');
      return answer;
    },
  };
  if (options.cancel === false) return { tool, executor };
  return {
    tool,
    executor: {
      ...executor,
      cancel: async ({ id }, _handle, signal) => {
        const answer = await request(`cancel ${id}`, signal, () => {
          const one = work.get(id);
          if (one?.state === 'running') one.lasting ??= tool.stubborn;
          return look(id);
        });
        if (answer === 'refused') throw new Error('The tool refused to stop it.');
        return answer;
      },
    },
  };
}

function sayState(state: Exclude<Work['state'], 'running'>): string {
  return state === 'cancelled' ? 'was cancelled half way' : `has ${state}`;
}
