import { fileURLToPath } from 'node:url';
import { exampleShop } from '../policies/example.ts';

export { examplePolicies } from '../policies/example.ts';

/** Marked as an example, so that nobody believes it. */
export const exampleRegistry = fileURLToPath(new URL('security/release_channels.json', exampleShop));
