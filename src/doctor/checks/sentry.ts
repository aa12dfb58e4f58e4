import { z } from 'zod';
import type { Policies } from '../../core/policies/policies.ts';
import { ask, NoAnswer, type HttpAnswer } from '../../executors/ask.ts';
import { releaseStep } from '../../executors/sentry-release.ts';
import { reveal } from '../../trust/secrets.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { missing, ok, unknown, wrong, type Looked } from '../finding.ts';
import { stepsOf } from '../steps.ts';

const root = z.object({ auth: z.object({ scopes: z.array(z.string()) }) });

/** Each of them may write releases. */
const writingScopes = ['project:releases', 'project:write', 'project:admin', 'org:ci'];

/** Sentry: the token, the organization, and the projects that steps name. */
export const sentry: Check = {
  area: 'Sentry',
  name: 'Sentry',
  about: 'channels',
  look: async ({ settings, policies }, signal) => {
    const steps = projectsOf(policies);
    if (!settings.sentry) {
      return steps === undefined
        ? []
        : [
            missing(
              'sentry-release',
              'a step in channels.yml uses it, and will fail',
              'Set SENTRY_AUTH_TOKEN and SENTRY_ORG.',
            ),
          ];
    }
    const { token, organization, url } = settings.sentry;
    const api = `${url.replace(/\/+$/, '')}/api/0`;
    const get = (path: string): Promise<HttpAnswer> =>
      ask(`${api}${path}`, {
        signal,
        timeout: checkTimeout,
        headers: { authorization: `Bearer ${reveal(token)}` },
      });
    try {
      const slug = encodeURIComponent(organization);
      const [releases, about] = await Promise.all([
        get(`/organizations/${slug}/releases/?per_page=1`),
        get('/'),
      ]);
      const judged = judgeReleases(releases, organization);
      if (judged.status !== 'ok') return [judged];
      const projects = (steps ?? []).map(async (project) =>
        judgeProject(project, (await get(`/projects/${slug}/${encodeURIComponent(project)}/`)).status),
      );
      return [judged, judgeScopes(about), ...(await Promise.all(projects))];
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      const advice = 'Let this machine reach it, or correct SENTRY_URL.';
      return [wrong('SENTRY_URL', `${new URL(url).host} gives no answer (${error.message})`, advice)];
    }
  },
};

function judgeReleases({ status }: HttpAnswer, organization: string): Looked {
  switch (status) {
    case 200:
      return ok('SENTRY_ORG', `the releases of ${organization} can be read`);
    case 401:
      return wrong('SENTRY_AUTH_TOKEN', 'Sentry does not know this token', 'Make a new one in Sentry.');
    case 403:
      return wrong(
        'SENTRY_AUTH_TOKEN',
        `may not read the releases of ${organization}`,
        'Make a token with the scopes project:read and project:releases.',
      );
    case 404:
      return wrong(
        'SENTRY_ORG',
        `there is no organization ${organization} that this token can see`,
        'Use the slug that stands in Sentry’s addresses.',
      );
    default:
      return unknown('SENTRY_URL', `Sentry answered ${status}`);
  }
}

/** Tokens of a person say their scopes at the root of the API; others say nothing there. */
function judgeScopes({ text }: HttpAnswer): Looked {
  const scopes = root.safeParse(parseJson(text)).data?.auth.scopes;
  if (scopes === undefined) {
    return ok('SENTRY_AUTH_TOKEN', 'is valid; whether it may write releases shows when it does');
  }
  if (scopes.some((scope) => writingScopes.includes(scope)))
    return ok('SENTRY_AUTH_TOKEN', 'may write releases');
  return wrong(
    'SENTRY_AUTH_TOKEN',
    'may not write releases',
    'Make a token with the scope project:releases.',
  );
}

function judgeProject(project: string, status: number): Looked {
  const name = `project ${project}`;
  if (status === 200) return ok(name, 'is there');
  if (status !== 404) return unknown(name, `Sentry answered ${status}`);
  return wrong(name, 'is not there', 'Correct the project of the sentry-release step in channels.yml.');
}

/** The projects that steps name; undefined when no step uses Sentry. */
function projectsOf(policies: Policies | undefined): readonly string[] | undefined {
  const steps = stepsOf(policies).filter(({ uses }) => uses === 'sentry-release');
  if (steps.length === 0) return undefined;
  return [...new Set(steps.flatMap((step) => releaseStep.safeParse(step.with).data?.project ?? []))];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page.
    return undefined;
  }
}
