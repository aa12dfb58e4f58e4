import type { Executor } from '../core/executor.ts';
import type { Instant } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import type { z } from 'zod';
import { githubWorkflowExecutor, workflowStep } from './github-workflow.ts';
import { healthExecutor, healthStep } from './health.ts';
import { releaseStep, sentryReleaseExecutor } from './sentry-release.ts';

/** What executors need to know of the world. An integration that is not configured is undefined. */
export interface ExecutorsConfig {
  readonly now: () => Instant;
  readonly github: { readonly token: Secret; readonly apiUrl: string } | undefined;
  readonly sentry:
    { readonly token: Secret; readonly url: string; readonly organization: string } | undefined;
}

/** What each executor takes under `with`, also of those that are not configured here: policies are checked against it. */
export const stepSchemas: ReadonlyMap<string, Pick<Executor, 'schema'>> = new Map([
  ['github-workflow', { schema: workflowStep as z.ZodType }],
  ['health', { schema: healthStep as z.ZodType }],
  ['sentry-release', { schema: releaseStep as z.ZodType }],
]);

/** Every executor that can be used, by the name that policies use. */
export function executors({ now, github, sentry }: ExecutorsConfig): ReadonlyMap<string, Executor> {
  const all = [
    healthExecutor({ now }),
    github && githubWorkflowExecutor({ ...github, now }),
    sentry && sentryReleaseExecutor(sentry),
  ];
  return new Map(all.flatMap((executor) => (executor ? [[executor.name, executor]] : [])));
}
