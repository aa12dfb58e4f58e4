import { z } from 'zod';
import type { Instant } from '../../core/time.ts';
import { answerIn } from '../../executors/github-answer.ts';
import { bounded, githubRest, type Repository, type Rest } from '../../executors/github-access.ts';
import { workflowStep } from '../../executors/github-workflow-step.ts';
import type { Check } from '../examine.ts';
import { missing, ok, unknown, wrong, type Looked } from '../finding.ts';
import { sayGithub } from '../github-words.ts';
import { stepsOf } from '../steps.ts';
import { mistakesInWorkflow } from '../workflow-file.ts';

type Step = z.infer<typeof workflowStep>;

/** What we need to know of a repository; GitHub leaves out the permissions where it does not know them. */
const repository = z.object({
  private: z.boolean(),
  default_branch: z.string(),
  permissions: z.object({ push: z.boolean() }).optional(),
});
const content = z.object({ content: z.string() });

/** Every workflow that a step would dispatch: whether it is there, and takes what the step passes. Nothing is started. */
export const githubWorkflows: Check = {
  area: 'GitHub',
  name: 'workflows',
  about: 'channels',
  look: async ({ settings: { github }, policies, now }, signal) => {
    const steps = stepsOf(policies)
      .filter(({ uses }) => uses === 'github-workflow')
      .flatMap((step) => workflowStep.safeParse(step.with).data ?? []);
    if (steps.length === 0) return [];
    if (!github) {
      return [missing('github-workflow', 'a step in channels.yml uses it, and will fail', whichCredentials)];
    }
    const restOf = githubRest(github);
    return Promise.all(
      sameWorkflow(steps).map(async (users) => {
        const [{ repo, workflow }] = users;
        const name = `${repo.owner}/${repo.repo} ${workflow}`;
        try {
          return await lookAt(await restOf(repo, signal), name, users, now(), signal);
        } catch (error) {
          const { status, why } = sayGithub(error, now());
          if (status === undefined) return wrong(name, why, 'Let this machine reach GITHUB_API_URL.');
          if (status === 401) return wrong(name, 'our credentials are not accepted', whichCredentials);
          if (status === 404) return wrong(name, 'cannot be seen with our credentials', whoMay(repo));
          return wrong(name, why);
        }
      }),
    );
  },
};

const whichCredentials =
  'Set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, to what GitHub knows.';

type Users = readonly [Step, ...Step[]];

/** Steps that dispatch the same file, together. */
function sameWorkflow(steps: readonly Step[]): readonly Users[] {
  const together = new Map<string, Users>();
  for (const step of steps) {
    const key = JSON.stringify([step.repo, step.workflow, step.ref]);
    const known = together.get(key);
    together.set(key, known ? [...known, step] : [step]);
  }
  return [...together.values()];
}

/** @throws what Octokit throws when the repository cannot be seen, or GitHub gives no answer */
async function lookAt(
  { repos, actions }: Rest,
  name: string,
  users: Users,
  now: Instant,
  signal: AbortSignal,
): Promise<Looked> {
  const [{ repo, workflow, ref }] = users;
  const request = bounded(signal);
  const { data, headers } = await repos.get({ ...repo, request });
  const about = repository.safeParse(data).data;
  if (!about) return unknown(name, 'GitHub answered with something else than a repository');
  const path = `.github/workflows/${workflow}`;
  // A ref that depends on the plan is nothing that can be looked at now.
  const at = ref.includes('{{') ? about.default_branch : ref;
  const [found, text] = await Promise.all([
    orRefusal(actions.getWorkflow({ ...repo, workflow_id: workflow, request }), now),
    orRefusal(repos.getContent({ ...repo, path, ref: at, request }), now),
  ]);
  if (found === 403) return wrong(name, 'our credentials may not see the workflows there', whoMay(repo));
  if (found === 404) {
    return wrong(name, `there is no ${path} on ${about.default_branch}`, 'Add it, or correct channels.yml.');
  }
  const { state } = found.data;
  if (state !== 'active') {
    return wrong(name, `is ${state.replaceAll('_', ' ')}`, 'Enable the workflow under Actions on GitHub.');
  }
  if (text === 403)
    return unknown(name, 'is active; our credentials may not read what it takes', whoMay(repo));
  if (text === 404) return wrong(name, `there is no ${path} at ${at}`, 'Correct the ref in channels.yml.');
  const file = content.safeParse(text.data).data;
  if (!file) return unknown(name, `GitHub answered with something else than the file ${path}`);
  const mistakes = mistakesIn(Buffer.from(file.content, 'base64').toString('utf8'), users);
  if (mistakes.length > 0) {
    const advice =
      'Correct the workflow, or what the step passes to it (README.md shows a workflow that fits).';
    return wrong(name, mistakes.join('; '), advice);
  }
  return mayDispatch(name, about, headers['x-oauth-scopes'], repo);
}

function mistakesIn(text: string, users: Users): readonly string[] {
  const all = users.flatMap(({ inputs, correlation_input }) =>
    mistakesInWorkflow(text, Object.keys(inputs), correlation_input),
  );
  return [...new Set(all)];
}

/** @param scopes what a classic token may do; other tokens and apps do not say */
function mayDispatch(
  name: string,
  about: z.infer<typeof repository>,
  scopes: string | undefined,
  repo: Repository,
): Looked {
  const granted = scopes?.split(/\s*,\s*/).filter((scope) => scope !== '') ?? [];
  const isClassic = granted.length > 0;
  const enough = granted.includes('repo') || (granted.includes('public_repo') && !about.private);
  if (about.permissions?.push === false || (isClassic && !enough)) {
    return wrong(name, 'can be seen, but our credentials may not start it', whoMay(repo));
  }
  const rest = isClassic ? '' : '; whether we may start it shows when we do';
  return ok(name, `is active, takes what its steps pass, and shows the correlation id${rest}`);
}

function whoMay({ owner, repo }: Repository): string {
  return `Give the token, or the app, Actions: read and write and Contents: read on ${owner}/${repo}.`;
}

/** GitHub also says 403 to whoever asks too often: that is no refusal. */
async function orRefusal<T extends object>(asked: Promise<T>, now: Instant): Promise<T | 403 | 404> {
  try {
    return await asked;
  } catch (error) {
    const answer = answerIn(error, now);
    if (answer?.slowDown === undefined && (answer?.status === 403 || answer?.status === 404))
      return answer.status;
    throw error;
  }
}
