import { z } from 'zod';
import { ask, NoAnswer } from '../../executors/ask.ts';
import { keysUrl, type GithubJob, type GithubOidc } from '../../trust/github-oidc.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { missing, ok, wrong, type Looked } from '../finding.ts';

const keySet = z.object({ keys: z.array(z.object({ kid: z.string() })).min(1) });

/** Jobs of GitHub Actions that may call the API: which they are, and whether their tokens can be checked. */
export const githubOidc: Check = {
  area: 'GitHub',
  name: 'GITHUB_OIDC',
  look: async ({ settings: { githubOidc: oidc } }, signal) =>
    oidc
      ? [
          await lookAtKeys(oidc, signal),
          ...Object.entries(oidc.jobs).map(([name, job]) => lookAtJob(name, job)),
        ]
      : [],
};

async function lookAtKeys(oidc: GithubOidc, signal: AbortSignal): Promise<Looked> {
  const name = 'GITHUB_OIDC_ISSUER';
  const advice =
    'Until then its jobs are told to come again. Look at GITHUB_OIDC_ISSUER, and at the way there.';
  try {
    const { status, text } = await ask(keysUrl(oidc), { signal, timeout: checkTimeout });
    if (status !== 200) return wrong(name, `${keysUrl(oidc)} answered ${status}`, advice);
    const { keys } = keySet.parse(JSON.parse(text));
    return ok(name, `publishes ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`);
  } catch (error) {
    const why = error instanceof NoAnswer ? error.message : 'what it answers is no set of keys';
    return wrong(name, `${keysUrl(oidc)}: ${why}`, advice);
  }
}

function lookAtJob(
  job: string,
  { repository, repository_id, repository_owner_id, workflow, ref, roles }: GithubJob,
): Looked {
  const name = `GITHUB_OIDC (${job})`;
  const what = `${workflow} of ${repository} on ${ref} acts as ${roles.join(', ')}, and approves nothing`;
  if (repository_id !== undefined || repository_owner_id !== undefined) return ok(name, what);
  return missing(
    name,
    `${what}; it is known by the repository’s name alone, which somebody else can take when it is given up`,
    `Add repository_id: gh api repos/${repository} --jq .id`,
  );
}
