import { z } from 'zod';
import type { Executor, StepProgress, StepRun } from '../core/executor.ts';
import { quoter, reveal, type Secret } from '../trust/secrets.ts';
import { ask, NoAnswer, type HttpAnswer } from './ask.ts';
import { unfit } from './unfit.ts';

const requestTimeout = 10_000;

/** What Sentry takes as a version; it also becomes part of an address, so `.` and `..` are out. */
const release = z
  .string()
  .max(150)
  .regex(/^(?!\.{1,2}$)(?:[^\s/\\{}\p{Cc}]|\{\{ ?\w+ ?\}\})+$/u, 'expected a release version');

export const releaseStep = z.strictObject({
  /** The version to archive; left out where nothing bad is left behind. */
  archive: release.optional(),
  /** The version that is deployed now. */
  deploy: release,
  environment: z.string().regex(/^[^\s/\\\p{Cc}]{1,64}$/u, 'expected the name of an environment'),
  /** Limits the deploy record to one project; without it, it counts for all projects of the release. */
  project: z
    .string()
    .regex(/^[a-z0-9_-]{1,100}$/, 'expected the slug of a project')
    .optional(),
  /** `shop@`: how Sentry's release names begin. */
  release_prefix: z
    .string()
    .regex(/^[\w.+-]{1,48}@$/, 'expected a prefix such as shop@')
    .default(''),
});

type ReleaseStep = z.infer<typeof releaseStep>;

const releaseAnswer = z.object({ status: z.string() });
const refusalAnswer = z.object({ detail: z.string() });
const deploysAnswer = z.array(z.object({ environment: z.string(), name: z.string().nullable() }));

/**
 * Archives the bad release in Sentry and records a deploy of the good one, which is what a rollback is there (a
 * promotion leaves no bad one); then reads back what it did. Nothing is ever deleted: a deleted release comes back with its next event.
 */
export function sentryReleaseExecutor(deps: {
  readonly token: Secret;
  /** `https://sentry.io`, or one's own. */
  readonly url: string;
  readonly organization: string;
}): Executor {
  const quote = quoter([deps.token]);
  const base = deps.url.replace(/\/+$/, '');
  const organization = encodeURIComponent(deps.organization);
  const releases = `${base}/api/0/organizations/${organization}/releases/`;

  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = releaseStep.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const step = fit.data;
    const { good, bad } = releasesOf(step);
    try {
      if (bad !== undefined) {
        await write(
          `to archive ${bad}`,
          releases,
          { version: bad, projects: [], status: 'archived' },
          signal,
        );
      }
      if (!(await hasDeploy(step, run.id, signal))) {
        const projects = step.project === undefined ? {} : { projects: [step.project] };
        const deploy = { environment: step.environment, name: run.id, ...projects };
        await write(`a deploy of ${good}`, deploysOf(good), deploy, signal);
      }
      const seen = await readBack(step, run.id, signal);
      if (seen) return seen;
    } catch (error) {
      if (error instanceof Refused) return { status: 'failed', note: error.message };
      throw error;
    }
    const note = `Sentry took the changes, but does not show ${sayBoth(step)}.`;
    return { status: 'failed', note };
  }

  /**
   * What is half done may be repeated: archiving twice changes nothing, and `start` looks for the deploy under this step's
   * id before it makes one.
   */
  async function check(run: StepRun, _handle: unknown, signal: AbortSignal): Promise<StepProgress> {
    const step = releaseStep.parse(run.with);
    const seen = await readBack(step, run.id, signal);
    return (
      seen ?? { status: 'unknown', repeatable: true, note: `Sentry does not show ${sayBoth(step)} yet.` }
    );
  }

  /** @returns undefined unless Sentry shows all of it. */
  async function readBack(
    step: ReleaseStep,
    id: string,
    signal: AbortSignal,
  ): Promise<StepProgress | undefined> {
    const { good, bad } = releasesOf(step);
    if (bad !== undefined) {
      const shown = await read(`to show ${bad}`, pageOf(bad), releaseAnswer, signal);
      if (shown?.status !== 'archived') return undefined;
    }
    if (!(await hasDeploy(step, id, signal))) return undefined;
    return {
      status: 'done',
      note: `Sentry shows ${sayBoth(step)}.`,
      handle: { url: `${base}/organizations/${organization}/releases/${encodeURIComponent(good)}/` },
    };
  }

  async function hasDeploy(step: ReleaseStep, id: string, signal: AbortSignal): Promise<boolean> {
    const { good } = releasesOf(step);
    const deploys = await read(`to show the deploys of ${good}`, deploysOf(good), deploysAnswer, signal);
    return deploys?.some(({ name, environment }) => name === id && environment === step.environment) ?? false;
  }

  function pageOf(version: string): string {
    return `${releases}${encodeURIComponent(version)}/`;
  }

  function deploysOf(version: string): string {
    return `${pageOf(version)}deploys/`;
  }

  async function write(what: string, url: string, body: object, signal: AbortSignal): Promise<void> {
    const answer = await call(url, signal, body);
    if (answer.status > 299) throw refusal(what, answer);
  }

  /** @returns undefined for what Sentry does not have. */
  async function read<T>(
    what: string,
    url: string,
    shape: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const answer = await call(url, signal);
    if (answer.status === 404) return undefined;
    if (answer.status > 299) throw refusal(what, answer);
    const parsed = shape.safeParse(parseJson(answer.text));
    if (!parsed.success) throw new Error(`Sentry was asked ${what} and answered ${quote(answer.text)}`);
    return parsed.data;
  }

  /** @throws when Sentry gives no answer, or one that says to come back later. */
  async function call(url: string, signal: AbortSignal, body?: object): Promise<HttpAnswer> {
    const answer = await ask(url, {
      signal,
      timeout: requestTimeout,
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${reveal(deps.token)}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw error instanceof NoAnswer ? new Error(`Sentry gave no answer (${quote(error.message)}).`) : error;
    });
    if (answer.status >= 500 || answer.status === 429) throw new Error(`Sentry answered ${answer.status}.`);
    return answer;
  }

  function refusal(what: string, { status, text }: HttpAnswer): Refused {
    const words = refusalAnswer.safeParse(parseJson(text)).data?.detail ?? text;
    return new Refused(`Sentry refused ${what} (${status}): ${quote(words)}`);
  }

  return {
    name: 'sentry-release',
    schema: releaseStep,
    start,
    check,
    pollEvery: 5_000,
    onlyLooks: false,
  };
}

/** Sentry understood, and said no. */
class Refused extends Error {
  override readonly name = 'Refused';
}

function releasesOf(step: ReleaseStep): { readonly good: string; readonly bad: string | undefined } {
  const { archive, deploy, release_prefix: prefix } = step;
  // Out of doubt a release may be gone back to that counted as live: nothing is bad then.
  const bad = archive === undefined || archive === deploy ? undefined : `${prefix}${archive}`;
  return { good: `${prefix}${deploy}`, bad };
}

/** `shop@1.5.0 as archived and shop@1.4.2 as deployed to production` */
function sayBoth(step: ReleaseStep): string {
  const { good, bad } = releasesOf(step);
  return `${bad === undefined ? '' : `${bad} as archived and `}${good} as deployed to ${step.environment}`;
}

/** @returns undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
