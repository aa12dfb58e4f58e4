import { examineSettings, type UsableSettings } from '../config.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Environment } from '../env-file.ts';
import { exitCode, Stop } from './exit.ts';

/**
 * The bot's own settings, of which a command needs a few; the others may be missing or wrong.
 * @throws Stop 78 when one of the needed ones is wrong
 */
export function botSettings(env: Environment, needed: readonly string[]): UsableSettings {
  const { usable, problems } = examineSettings(env);
  const wrong = problems.filter((problem) => needed.some((name) => problem.startsWith(name)));
  if (wrong.length > 0) throw new Stop(exitCode.configuration, wrong.join('\n'));
  return usable;
}

/** @throws Stop 78 with every mistake in the files */
export async function policiesIn(dir: string): Promise<Policies> {
  const [{ loadPolicies }, { sayProblems }] = await Promise.all([
    import('../policies/load.ts'),
    import('../policies/problem.ts'),
  ]);
  const loaded = await loadPolicies(dir);
  if (loaded.ok) return loaded.policies;
  throw new Stop(exitCode.configuration, sayProblems(loaded.problems));
}
