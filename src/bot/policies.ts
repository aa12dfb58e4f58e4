import { watch } from 'node:fs';
import type { Policies } from '../core/policies/policies.ts';
import type { Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import { oneAtATime } from '../engine/one-at-a-time.ts';
import { stepSchemas } from '../executors/index.ts';
import { loadPolicies, policiesPrint } from '../policies/load.ts';
import { sayProblems, type PolicyProblem } from '../policies/problem.ts';
import { stepRules } from '../policies/step-rules.ts';

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
const rules = stepRules(stepSchemas);

/** Editors write a file in several steps; look when they are done. */
const settleTime = 300;

/**
 * No notice comes of a folder that was put in the place of the watched one, of files behind links, or of what another
 * machine writes (NFS).
 */
const minute: Milliseconds = 60_000;

/**
 * Reads the policies, and again whenever a file changes: at once where the system says so, else by the next look. A mistake
 * is logged and told, and what was valid before stays.
 * @param lookEvery longer than editors take
 */
export async function watchPolicies(
  dir: string,
  log: Log,
  lookEvery: Milliseconds = minute,
): Promise<WatchedPolicies> {
  let print = await policiesPrint(dir);
  const loaded = await loadPolicies(dir, rules);
  if (!loaded.ok) return { ok: false, problems: sayProblems(loaded.problems).split('\n') };
  let current = loaded.policies;
  let problems: readonly PolicyProblem[] = [];
  const listeners = new Set<() => void>();
  let settling: NodeJS.Timeout | undefined;

  async function reload(): Promise<void> {
    // Before what it stands for: an edit in between differs from it, and is read by the next look.
    print = await policiesPrint(dir);
    const again = await loadPolicies(dir, rules);
    if (again.ok) current = again.policies;
    problems = again.ok ? [] : again.problems;
    const message = again.ok
      ? 'the policies were read again'
      : 'the policies have mistakes; the ones before stay in force';
    log.warn(again.ok ? {} : { problems: sayProblems(again.problems) }, message);
    for (const listener of listeners) listener();
  }

  function reloadSoon(): void {
    clearTimeout(settling);
    settling = setTimeout(
      () =>
        void reload().catch((error: unknown) => log.error({ error }, 'the policies could not be read again')),
      settleTime,
    );
  }

  const watcher = watch(dir, { persistent: false }, reloadSoon);
  watcher.on('error', (error) =>
    log.error({ error }, 'edited policies are not noticed at once any more, but within a minute'),
  );
  // A folder on a network that has gone away never answers: the looks after it wait for it.
  const looking = oneAtATime(async () => {
    if ((await policiesPrint(dir)) !== print) reloadSoon();
  });
  looking.start();
  const looks = setInterval(looking.ask, lookEvery).unref();
  return {
    ok: true,
    current: () => current,
    problems: () => problems,
    onRead: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      clearInterval(looks);
      watcher.close();
      // Not before the last look, which may ask for one more reading.
      void looking.stop().then(() => clearTimeout(settling));
    },
  };
}
