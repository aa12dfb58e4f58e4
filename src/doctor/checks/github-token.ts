import { Octokit } from '@octokit/rest';
import { bounded } from '../../executors/github-access.ts';
import { reveal } from '../../trust/secrets.ts';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';
import { sayGithub } from '../github-words.ts';
import { silent } from '../patient.ts';

/** GitHub's token: whether GitHub knows it, and until when. An app proves itself where it is installed. */
export const githubToken: Check = {
  area: 'GitHub',
  name: 'GITHUB_TOKEN',
  look: async ({ settings: { github }, now }, signal) => {
    if (!github || !('token' in github)) return [];
    const { rest } = new Octokit({
      auth: reveal(github.token),
      baseUrl: github.apiUrl,
      log: { ...silent, debug: silent.info },
    });
    try {
      // It costs nothing of the limit that it tells, and every token may ask for it.
      const { headers } = await rest.rateLimit.get({ request: bounded(signal) });
      const expires = headers['github-authentication-token-expiration'];
      const until = expires === undefined ? '' : `, until ${String(expires)}`;
      return [ok('GITHUB_TOKEN', `is valid${until}`)];
    } catch (error) {
      const { status, why } = sayGithub(error, now());
      // A server without rate limits does not know the question, and knows the token.
      if (status === 404) return [ok('GITHUB_TOKEN', 'is valid')];
      if (status !== 401) return [wrong('GITHUB_TOKEN', why)];
      return [wrong('GITHUB_TOKEN', 'GitHub does not know this token, or it has expired', 'Make a new one.')];
    }
  },
};
