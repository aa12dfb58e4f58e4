import type { StepRun } from '../core/executor.ts';
import type { Milliseconds } from '../core/time.ts';

/** Work that was begun out there under a step's id. */
export interface Work {
  readonly id: string;
  readonly operation: string;
  readonly channel: string;
  readonly version: string;
  readonly begunAt: Milliseconds;
  state: 'running' | 'succeeded' | 'failed' | 'cancelled';
}

/** What really runs, and everything that was ever begun to change it: the truth, whatever our store believes. */
export interface Production {
  /** `shop/stable` → version. */
  readonly live: Map<string, string>;
  /** In the order in which they were begun; of one id there should be one. */
  readonly works: Work[];
  /** Of an id, when its checks passed: the steps that only look. */
  readonly checked: Set<string>;
}

export function createProduction(): Production {
  return { live: new Map(), works: [], checked: new Set() };
}

export function workOf({ works }: Production, id: string): Work | undefined {
  return works.find((work) => work.id === id);
}

export function beginWork(production: Production, run: StepRun, at: Milliseconds): Work {
  const { id, operation, app, channel, version } = run;
  const work: Work = { id, operation, channel: `${app}/${channel}`, version, begunAt: at, state: 'running' };
  production.works.push(work);
  return work;
}
