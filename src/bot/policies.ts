import { watch } from 'node:fs';
import type { Policies } from '../core/policies/policies.ts';
import type { Log } from '../engine/log.ts';
import { stepSchemas } from '../executors/index.ts';
import { loadPolicies } from '../policies/load.ts';
import { sayProblems, type PolicyProblem } from '../policies/problem.ts';
import { stepChecker } from '../policies/step-checker.ts';

/** What came of editing the files. */
export interface PolicyEdits {
  /** What is wrong with them as they were read last; none when they are in force. */
  readonly problems: () => readonly PolicyProblem[];
  /** Calls back after each reading; the returned function ends that. */
  readonly onRead: (listener: () => void) => () => void;
}

export type WatchedPolicies =
  | (PolicyEdits & { readonly ok: true; readonly current: () => Policies; readonly stop: () => void })
  | { readonly ok: false; readonly problems: readonly string[] };

/** Also executors that are not configured here: a switched-off integration is no mistake in a policy. */
const checkStep = stepChecker(stepSchemas);

/** Editors write a file in several steps; look when they are done. */
const settleTime = 300;

/** Reads the policies, and again whenever a file changes. A mistake is logged and told, and what was valid before stays. */
export async function watchPolicies(dir: string, log: Log): Promise<WatchedPolicies> {
  const loaded = await loadPolicies(dir, checkStep);
  if (!loaded.ok) return { ok: false, problems: sayProblems(loaded.problems).split('\n') };
  let current = loaded.policies;
  let problems: readonly PolicyProblem[] = [];
  const listeners = new Set<() => void>();
  let settling: NodeJS.Timeout | undefined;

  async function reload(): Promise<void> {
    const again = await loadPolicies(dir, checkStep);
    if (again.ok) current = again.policies;
    problems = again.ok ? [] : again.problems;
    const message = again.ok
      ? 'the policies were read again'
      : 'the policies have mistakes; the ones before stay in force';
    log.warn(again.ok ? {} : { problems: sayProblems(again.problems) }, message);
    for (const listener of listeners) listener();
  }

  const watcher = watch(dir, { persistent: false }, () => {
    clearTimeout(settling);
    settling = setTimeout(
      () =>
        void reload().catch((error: unknown) => log.error({ error }, 'the policies could not be read again')),
      settleTime,
    );
  });
  watcher.on('error', (error) =>
    log.error({ error }, 'edited policies are not noticed any more; restart to read them'),
  );
  return {
    ok: true,
    current: () => current,
    problems: () => problems,
    onRead: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      clearTimeout(settling);
      watcher.close();
    },
  };
}
