import { fileURLToPath } from 'node:url';
import type { PolicyName } from '../core/policies/policies.ts';
import { loadPolicies, type LoadedPolicies } from './load.ts';

/** `examples/shop`, seen from `src/policies` as from `dist/src/policies`; never `policies/`, which teams copy. */
export const exampleShop = new URL(
  import.meta.url.includes('/dist/src/') ? '../../../examples/shop/' : '../../examples/shop/',
  import.meta.url,
);

export const examplePolicies = fileURLToPath(new URL('policies', exampleShop));

/** The files that name people, places and software which only the invented shop has. The others are a fair start. */
const named: readonly PolicyName[] = ['roster', 'notifications', 'services', 'channels'];

/** Which of them nobody has touched yet: those of the shop to the byte. */
export async function stillExamples(loaded: LoadedPolicies): Promise<readonly PolicyName[]> {
  if (!loaded.ok) return [];
  const shipped = await loadPolicies(examplePolicies);
  if (!shipped.ok) return [];
  return named.filter((name) => loaded.policies.hashes[name] === shipped.policies.hashes[name]);
}
