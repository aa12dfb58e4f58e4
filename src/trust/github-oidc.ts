import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { tokenRoles } from '../core/actor.ts';

const jobName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/, 'expected a name such as canary-health, at most 50 characters');

/** GitHub writes ids as text; people copy them as numbers. */
const githubId = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d*$/)], { error: 'expected an id such as 123456789' })
  .transform(String);

const workflowFile = String.raw`\.github/workflows/[^\s/@]+\.ya?ml`;

const job = z.strictObject({
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name'),
  /** A name can be given up and taken by somebody else; an id cannot. */
  repository_id: githubId.optional(),
  repository_owner_id: githubId.optional(),
  /** The file that the run began with. */
  workflow: z
    .string()
    .regex(new RegExp(`^${workflowFile}$`), 'expected a file such as .github/workflows/canary.yml'),
  /** Where that file, and what it checks out, comes from; one `*` at the end stands for any more letters. */
  ref: z
    .string()
    .regex(/^refs\/[^\s*]+\*?$/, 'expected a ref such as refs/heads/main or refs/tags/v*')
    .default('refs/heads/main'),
  /** The file of a reusable workflow that the job is in, to the letter; left out: in none. */
  job_workflow: z
    .string()
    .regex(
      new RegExp(`^[\\w.-]+/[\\w.-]+/${workflowFile}@\\S+$`),
      'expected owner/name/.github/workflows/file.yml@ref',
    )
    .optional(),
  environment: z.string().min(1).optional(),
  /** What may have started it. A pull request is somebody else’s word, and runs only where it is named here. */
  events: z.array(z.string().min(1)).min(1).default(['push', 'release', 'schedule', 'workflow_dispatch']),
  roles: z
    .array(z.enum(tokenRoles, { error: `expected roles among ${tokenRoles.join(', ')}` }))
    .min(1)
    .default(['release-bot']),
});

/** `GITHUB_OIDC` after `JSON.parse`: name → the job of GitHub Actions that is let in under it. */
export const githubJobs = z.record(jobName, job);

export type GithubJobs = z.infer<typeof githubJobs>;
export type GithubJob = GithubJobs[string];

/** Who issues such tokens; GitHub Enterprise Server: `https://<host>/_services/token`. */
export const githubIssuer = z
  .url({ protocol: /^https?$/, error: 'is no http(s) URL' })
  .regex(/^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::|\/|$)/, 'is not https')
  .default('https://token.actions.githubusercontent.com');

/** Whose tokens are believed, for whom they have to be made, and which jobs are let in. */
export interface GithubOidc {
  readonly issuer: string;
  readonly audience: string;
  readonly jobs: GithubJobs;
}

/** The keys by which the issuer signs. The address is ours, never one out of a token. */
export function keysUrl({ issuer }: Pick<GithubOidc, 'issuer'>): string {
  return `${issuer.replace(/\/+$/, '')}/.well-known/jwks`;
}

/** The first claim of a verified token that is not as the job's have to be; undefined when it is that job. */
export function claimThatDiffers(
  job: GithubJob,
  claims: JWTPayload,
): { readonly claim: string; readonly expected: string } | undefined {
  const { repository, ref, workflow, environment } = job;
  const file = `${repository}/${workflow}@${String(claims['ref'])}`;
  // Without a reusable workflow it may say the file that the run began with, or nothing.
  const within = job.job_workflow ?? (claims['job_workflow_ref'] === undefined ? undefined : file);
  const rules: readonly (readonly [string, string | undefined, (is: string) => boolean])[] = [
    // GitHub's names are the same in capitals and small letters.
    ['repository', repository, (is) => is.toLowerCase() === repository.toLowerCase()],
    ['repository_id', job.repository_id, (is) => is === job.repository_id],
    ['repository_owner_id', job.repository_owner_id, (is) => is === job.repository_owner_id],
    ['event_name', job.events.join(' or '), (is) => job.events.includes(is)],
    ['ref', ref, (is) => (ref.endsWith('*') ? is.startsWith(ref.slice(0, -1)) : is === ref)],
    ['workflow_ref', file, (is) => isSameFile(is, file)],
    ['job_workflow_ref', within, (is) => isSameFile(is, within ?? '')],
    ['environment', environment, (is) => is === environment],
  ];
  for (const [claim, expected, fits] of rules) {
    const is = claims[claim];
    if (expected !== undefined && (typeof is !== 'string' || !fits(is))) return { claim, expected };
  }
  return undefined;
}

/** `owner/name/.github/workflows/file.yml@ref`, of which only the repository may be written either way. */
function isSameFile(is: string, expected: string): boolean {
  const parts = (text: string): readonly [string, string] => {
    const [owner = '', name = '', ...rest] = text.split('/');
    return [`${owner}/${name}`.toLowerCase(), rest.join('/')];
  };
  const [[repository, file], [wanted, path]] = [parts(is), parts(expected)];
  return repository === wanted && file === path;
}
