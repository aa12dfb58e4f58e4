import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { NoAnswer } from './ask.ts';
import type { GithubApp } from '../trust/github-app.ts';
import { reveal, type Secret } from '../trust/secrets.ts';

/** Who we are to GitHub: whoever owns a token, or an app that is installed where it may act. */
export type GithubCredentials = {
  /** `https://api.github.com`, or `https://<host>/api/v3`. */
  readonly apiUrl: string;
} & ({ readonly token: Secret } | { readonly app: GithubApp });

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

export type Rest = Octokit['rest'];
export type Actions = Rest['actions'];

const requestTimeout = 10_000;
const installation = z.object({ id: z.int() });

/** What may be done with the workflows of a repository. */
export function githubAccess(
  credentials: GithubCredentials,
): (repository: Repository, signal: AbortSignal) => Promise<Actions> {
  const restOf = githubRest(credentials);
  return async (repository, signal) => (await restOf(repository, signal)).actions;
}

/**
 * All that may be asked about a repository. An app's installation is looked up once for a repository; its
 * token lives for an hour, is used by everybody meanwhile, and renewed.
 * @throws what Octokit throws; nothing has been done then
 */
export function githubRest(
  credentials: GithubCredentials,
): (repository: Repository, signal: AbortSignal) => Promise<Rest> {
  const { apiUrl: baseUrl } = credentials;
  // Octokit as it comes does not retry, and must not: repeated after a 502, a dispatch starts a second run.
  const options = { baseUrl, log: silent };
  if ('token' in credentials) {
    const { rest } = new Octokit({ ...options, auth: reveal(credentials.token) });
    return () => Promise.resolve(rest);
  }

  const { id: appId, privateKey } = credentials.app;
  const { request } = new Octokit({ ...options, request: { fetch: boundedFetch } });
  const auth = createAppAuth({ appId, privateKey: reveal(privateKey), request, log: silent });
  const installations = new Map<string, number>();

  async function installationOf({ owner, repo }: Repository, signal: AbortSignal): Promise<number> {
    const known = installations.get(`${owner}/${repo}`);
    if (known !== undefined) return known;
    const { token } = await auth({ type: 'app' });
    const { data } = await request('GET /repos/{owner}/{repo}/installation', {
      owner,
      repo,
      headers: { authorization: `bearer ${token}` },
      request: { signal },
    });
    const found = installation.safeParse(data);
    if (!found.success) throw new NoAnswer('something else than an installation', false);
    const { id } = found.data;
    installations.set(`${owner}/${repo}`, id);
    return id;
  }

  /** Repositories whose next token has to be a new one. */
  const stale = new Set<string>();

  return async (repository, signal) => {
    const name = `${repository.owner}/${repository.repo}`;
    // The app may have been taken away and installed anew, under another number.
    const forget = (error: unknown): never => {
      installations.delete(name);
      stale.add(name);
      throw error;
    };
    const installationId = await installationOf(repository, signal);
    const refresh = stale.delete(name);
    const { token } = await auth({ type: 'installation', installationId, refresh }).catch(forget);
    const octokit = new Octokit({ ...options, auth: token });
    octokit.hook.error('request', (error) => {
      if ('status' in error && error.status === 401) return forget(error);
      throw error;
    });
    return octokit.rest;
  };
}

/** For one request to GitHub: it has an end, and follows no redirect. */
export function bounded(signal: AbortSignal): {
  readonly signal: AbortSignal;
  readonly redirect: 'manual';
} {
  return { signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]), redirect: 'manual' };
}

/** The app's own requests come from a library that takes no signal. */
function boundedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, ...bounded(init.signal ?? new AbortController().signal) });
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
