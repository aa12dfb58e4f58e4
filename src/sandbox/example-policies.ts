import { fileURLToPath } from 'node:url';

/** `examples/shop`, seen from `src/sandbox` as from `dist/src/sandbox`; never `policies/`, which is a team's own. */
const shop = new URL(
  import.meta.url.includes('/dist/src/') ? '../../../examples/shop/' : '../../examples/shop/',
  import.meta.url,
);

export const examplePolicies = fileURLToPath(new URL('policies', shop));

/** Marked as an example, so that nobody believes it. */
export const exampleRegistry = fileURLToPath(new URL('security/release_channels.json', shop));
