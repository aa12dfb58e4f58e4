import { fileURLToPath } from 'node:url';

/** The shipped `policies/`, seen from `src/sandbox` as from `dist/src/sandbox`. */
export const examplePolicies = fileURLToPath(
  new URL(import.meta.url.includes('/dist/src/') ? '../../../policies' : '../../policies', import.meta.url),
);
