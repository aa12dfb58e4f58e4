import { z } from 'zod';
import { MalformedBody, type Ignored, type KeptHeaders } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import { readJson } from './json-body.ts';
import { versionOfRelease } from './release-name.ts';
import { cleanText, cleanUrl, limits, readTime } from './untrusted.ts';

/** A deployment that GitHub says has succeeded. */
export interface Deployment {
  /** `shop/storefront` */
  readonly repository: string;
  readonly environment: string;
  readonly version: string;
  readonly at?: Instant;
  readonly url?: string;
  /** GitHub's own id of this status. */
  readonly id: string;
}

const deploymentStatus = z.object({
  deployment_status: z.object({
    id: z.int(),
    state: z.string(),
    environment: z.string().optional(),
    created_at: z.string().optional(),
    log_url: z.string().nullish(),
    target_url: z.string().nullish(),
  }),
  deployment: z.object({ ref: z.string(), environment: z.string(), payload: z.unknown() }),
  repository: z.object({ full_name: z.string() }),
});

/**
 * GitHub's webhooks: deployments that have succeeded; everything else changes nothing.
 * @throws MalformedBody
 */
export function readDeployment(body: Buffer, headers: KeptHeaders): Deployment | Ignored {
  const event = headers['x-github-event'];
  if (event === undefined)
    throw new MalformedBody('It has no X-GitHub-Event header, which says what the body is.');
  if (event !== 'deployment_status')
    return { ignored: `it is ${cleanText(event, limits.label)}, and only deployment_status is read` };
  const { deployment_status: status, deployment, repository } = readJson(body, deploymentStatus);
  if (status.state !== 'success')
    return { ignored: `the deployment is ${cleanText(status.state, limits.label)}, not a success` };
  const version = versionOfRelease(versionIn(deployment.payload)) ?? versionOfRelease(deployment.ref);
  if (version === undefined) {
    const ref = cleanText(deployment.ref, limits.label);
    return { ignored: `neither payload.version nor the ref “${ref}” is a SemVer version` };
  }
  const at = readTime(status.created_at);
  // Whichever of the two a deploy tool fills in; an empty one is none.
  const url = cleanUrl(status.log_url || status.target_url || undefined);
  return {
    repository: repository.full_name,
    environment: status.environment ?? deployment.environment,
    version,
    id: String(status.id),
    ...(at === undefined ? {} : { at }),
    ...(url === undefined ? {} : { url }),
  };
}

const payload = z.object({ version: z.string() });

/** Who creates the deployment decides what its payload is; some send JSON as text. */
function versionIn(said: unknown): string | undefined {
  if (typeof said !== 'string') return payload.safeParse(said).data?.version;
  try {
    return payload.safeParse(JSON.parse(said)).data?.version;
  } catch {
    return undefined;
  }
}
