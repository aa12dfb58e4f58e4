import type { Executor } from '../core/executor.ts';
import type { Instant } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { githubWorkflowExecutor } from './github-workflow.ts';
import { healthExecutor } from './health.ts';
import { sentryReleaseExecutor } from './sentry-release.ts';

/** What executors need to know of the world. An integration that is not configured is undefined. */
export interface ExecutorsConfig {
  readonly now: () => Instant;
  readonly github: { readonly token: Secret; readonly apiUrl: string } | undefined;
  readonly sentry:
    { readonly token: Secret; readonly url: string; readonly organization: string } | undefined;
}

/** Every executor that can be used, by the name that policies use. */
export function executors({ now, github, sentry }: ExecutorsConfig): ReadonlyMap<string, Executor> {
  const all = [
    healthExecutor({ now }),
    github && githubWorkflowExecutor({ ...github, now }),
    sentry && sentryReleaseExecutor(sentry),
  ];
  return new Map(all.flatMap((executor) => (executor ? [[executor.name, executor]] : [])));
}
