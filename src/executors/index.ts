import type { Executor } from '../core/executor.ts';
import type { Instant } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import type { z } from 'zod';
import { commandExecutor } from './command.ts';
import { commandStep } from './command-step.ts';
import type { GithubCredentials } from './github-access.ts';
import { githubWorkflowExecutor } from './github-workflow.ts';
import { workflowStep } from './github-workflow-step.ts';
import { healthExecutor, healthStep } from './health.ts';
import { httpExecutor } from './http.ts';
import { httpStep } from './http-step.ts';
import { releaseStep, sentryReleaseExecutor } from './sentry-release.ts';
import type { Environment } from './variables.ts';

/** What executors need to know of the world. An integration that is not configured is undefined. */
export interface ExecutorsConfig {
  readonly now: () => Instant;
  /** Where commands leave their output, and where they run. */
  readonly dataDir: string;
  readonly commandDir: string;
  /** Several machines may share the store: none of them can see what became of a command on another one. */
  readonly isShared: boolean;
  /** What steps may name by its variables, and Lastgood's own secrets, which no command gets. */
  readonly environment: Environment;
  readonly secrets: readonly Secret[];
  readonly github: GithubCredentials | undefined;
  readonly sentry:
    { readonly token: Secret; readonly url: string; readonly organization: string } | undefined;
}

/** What each executor takes under `with`, also of those that are not configured here: policies are checked against it. */
export const stepSchemas: ReadonlyMap<string, Pick<Executor, 'schema' | 'fillsIn'>> = new Map([
  ['github-workflow', { schema: workflowStep as z.ZodType }],
  ['health', { schema: healthStep as z.ZodType }],
  ['sentry-release', { schema: releaseStep as z.ZodType }],
  ['command', { schema: commandStep as z.ZodType }],
  ['http', { schema: httpStep as z.ZodType, fillsIn: ['run'] }],
]);

/** Every executor that can be used, by the name that policies use. */
export function executors(config: ExecutorsConfig): ReadonlyMap<string, Executor> {
  const { now, github, sentry } = config;
  const all = [
    healthExecutor({ now }),
    config.isShared ? undefined : commandExecutor(config),
    httpExecutor(config),
    github && githubWorkflowExecutor({ ...github, now }),
    sentry && sentryReleaseExecutor(sentry),
  ];
  return new Map(all.flatMap((executor) => (executor ? [[executor.name, executor]] : [])));
}
