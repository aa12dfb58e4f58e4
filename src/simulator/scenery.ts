import { readFile } from 'node:fs/promises';
import { registrySchema } from '../core/channel/registry.ts';
import { loadPolicies } from '../policies/load.ts';
import { sayProblems } from '../policies/problem.ts';
import { examplePolicies, exampleRegistry } from '../sandbox/example-policies.ts';
import { invariants } from './invariants/index.ts';
import type { Scenery } from './run.ts';

/** The invented shop, with its registry taken at its word. @throws Error when its policies have mistakes */
export async function shopScenery(): Promise<Scenery> {
  const loaded = await loadPolicies(examplePolicies);
  if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
  const { example: _example, ...registry } = registrySchema.parse(
    JSON.parse(await readFile(exampleRegistry, 'utf8')),
  );
  return { policies: loaded.policies, registry, invariants };
}
