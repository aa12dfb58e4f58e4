import { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import { answer, type Answer } from '../core/answer.ts';
import { healthOf } from '../core/channel/health-state.ts';
import type { Channel } from '../core/channel/state.ts';
import type { SubmitOptions } from '../core/envelope.ts';
import { deploymentReport } from '../core/health/deployment.ts';
import type { Verdict } from '../core/health/judge.ts';
import { mayNotReport } from '../core/health/may-report.ts';
import {
  canaryReport,
  reportedApp,
  reportedChannel,
  reportedWindow,
  windowProblem,
} from '../core/health/report.ts';
import type { Intent } from '../core/intent.ts';
import { nearest } from '../core/nearest.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import { explainIssues } from '../policies/explain-issue.ts';
import { sayPath } from '../policies/problem.ts';
import type { Store } from '../store/store.ts';

/**
 * What a release bot or a deploy tool is answered, after it is durable. 400: the body is wrong, and `answer.lines` names
 * every mistake; 403: may not report; 404: no such app or channel; 409: understood and refused.
 */
export interface ReportAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409;
  readonly answer: Answer;
  /** Of a canary report: how the version stands now. */
  readonly verdict?: Verdict;
  /** `channel:shop/stable` */
  readonly stream?: string;
  /** Set when `once` had been used before: the request of then, with its answer. */
  readonly repeated?: string;
}

/** What release bots and deploy tools may say, whichever edge they came in by. */
export interface ReleaseBots {
  readonly reportCanary: (body: unknown, by: Actor, options?: SubmitOptions) => Promise<ReportAnswer>;
  readonly reportDeployment: (body: unknown, by: Actor, options?: SubmitOptions) => Promise<ReportAnswer>;
  /** From a Slack message's metadata `canary_health`; only apps under `release_bots` of health.yml are heard. */
  readonly reportCanaryFromSlack: (
    payload: unknown,
    from: { readonly appId: string },
    options?: SubmitOptions,
  ) => Promise<ReportAnswer>;
}

/** Something to say about a channel, and who says it. */
interface Word {
  readonly what: string;
  readonly app: string | undefined;
  readonly channel: string;
  readonly intent: Intent;
  readonly by: Actor;
  readonly options: SubmitOptions;
}

export function createReleaseBots(parts: {
  readonly store: Store;
  readonly engine: Engine;
  readonly policies: () => Policies;
  readonly now: () => Instant;
}): ReleaseBots {
  const { store, engine, policies, now } = parts;

  /** Nothing was decided, so nothing is kept under the sender's key: sent again, it is judged anew. */
  async function refuse(
    status: Exclude<ReportAnswer['status'], 200>,
    refusal: Answer,
    { once: _once, ...options }: SubmitOptions,
  ): Promise<ReportAnswer> {
    await engine.answerOnly(refusal, options);
    return { status, answer: refusal };
  }

  function mistaken(
    what: string,
    mistakes: readonly string[],
    options: SubmitOptions,
  ): Promise<ReportAnswer> {
    return refuse(400, answer('wrong', `This is no ${what}`, ...mistakes), options);
  }

  /** @returns the answer, and the stream's state after it */
  async function pass(word: Word): Promise<{ readonly reported: ReportAnswer; readonly state?: Channel }> {
    const { what, app, channel, intent, by, options } = word;
    const lacking = mayNotReport(by, what);
    if (lacking) {
      const refusal = answer('refused', `Cannot ${lacking.what}`, lacking.why);
      return { reported: await refuse(403, refusal, options) };
    }
    const place = find(app, channel, policies());
    if ('unknown' in place) return { reported: await refuse(404, place.unknown, options) };
    const id = `channel:${place.name}`;
    const envelope = { to: { kind: 'channel', id }, at: now(), by, intent } as const;
    const { answer: said, repeated } = await engine.submit([envelope], options);
    const reported: ReportAnswer = {
      status: said.tone === 'refused' ? 409 : 200,
      answer: said,
      stream: id,
      ...(repeated !== undefined && { repeated }),
    };
    const stored = await store.readStream(id);
    return stored ? { reported, state: stored.state as Channel } : { reported };
  }

  async function reportCanary(body: unknown, by: Actor, options: SubmitOptions = {}): Promise<ReportAnswer> {
    const read = canaryReport.safeParse(body);
    const early = earlyIn(body, now());
    if (!read.success || early.length > 0) {
      const inBody = read.success ? [] : mistakesIn(canaryReport, body, read.error);
      return mistaken('canary report', [...inBody, ...early, ...strangersIn(body, policies())], options);
    }
    const report = read.data;
    const { app, channel, version } = report;
    const what = `report on ${version}`;
    const intent = { type: 'health.report', report } as const;
    const { reported, state } = await pass({ what, app, channel, intent, by, options });
    const verdict = reported.status === 200 ? healthOf(state, version)?.judgement.verdict : undefined;
    return verdict === undefined ? reported : { ...reported, verdict };
  }

  return {
    reportCanary,
    reportDeployment: async (body, by, options = {}) => {
      const read = deploymentReport.safeParse(body);
      if (!read.success) {
        const mistakes = mistakesIn(deploymentReport, body, read.error);
        return mistaken('deployment', [...mistakes, ...strangersIn(body, policies())], options);
      }
      const { app, channel, ...deployment } = read.data;
      const what = `report that ${deployment.version} is live`;
      const intent = { type: 'deployment.report', ...deployment } as const;
      return (await pass({ what, app, channel, intent, by, options })).reported;
    },
    reportCanaryFromSlack: async (payload, { appId }, options = {}) => {
      if (policies().health.release_bots.includes(appId)) {
        return reportCanary(payload, { kind: 'source', name: `the Slack app ${appId}` }, options);
      }
      const why = `The Slack app ${appId} is not among release_bots in health.yml.`;
      return refuse(403, answer('refused', 'Cannot report health', why), options);
    },
  };
}

/** A body can be wrong in thousands of places; so many are enough to see what is the matter. */
const mistakesTold = 30;
const keyTold = 60;

/** `window.end: expected a time such as …; found "soon"`, one for each of the first mistakes. */
function mistakesIn(schema: z.ZodType, body: unknown, error: z.ZodError): readonly string[] {
  const issues = error.issues
    .slice(0, mistakesTold)
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? { ...issue, keys: issue.keys.slice(0, mistakesTold).map((key) => key.slice(0, keyTold)) }
        : issue,
    );
  return explainIssues(schema, body, issues).map(({ path, message, hint }) => {
    const place = path.length === 0 ? '' : `${sayPath(path)}: `;
    return `${place}${message}${hint === undefined ? '' : ` (${hint})`}`;
  });
}

/** A window that has not ended, also in a body that is wrong elsewhere: one try should show every mistake. */
function earlyIn(body: unknown, now: Instant): readonly string[] {
  const read = z.object({ window: reportedWindow }).safeParse(body);
  const early = read.success ? windowProblem(read.data, now) : undefined;
  return early === undefined ? [] : [`window.end: ${early}`];
}

/** The same of a channel that is none of ours. */
function strangersIn(body: unknown, policies: Policies): readonly string[] {
  const read = z.object({ app: reportedApp, channel: reportedChannel }).safeParse(body);
  if (!read.success) return [];
  const place = find(read.data.app, read.data.channel, policies);
  if ('name' in place) return [];
  const { title, lines } = place.unknown;
  return [[`channel: ${title}.`, ...lines].join(' ')];
}

/** `stable` with the only app, `shop/stable`, or both apart. */
function find(
  app: string | undefined,
  channel: string,
  { channels: { apps } }: Policies,
): { readonly name: string } | { readonly unknown: Answer } {
  const known = Object.entries(apps).flatMap(([name, { channels }]) =>
    Object.keys(channels).map((short) => `${name}/${short}`),
  );
  const [only, ...others] = Object.keys(apps);
  const first = app ?? (others.length === 0 ? only : undefined);
  const name = channel.includes('/') || first === undefined ? channel : `${first}/${channel}`;
  const fits = known.includes(name) && (app === undefined || name.startsWith(`${app}/`));
  if (fits) return { name };
  const near = nearest(name, known);
  const hint = near === undefined ? [] : [`Did you mean ${near}?`];
  const wanted = app === undefined || name.startsWith(`${app}/`) ? name : `${name} of ${app}`;
  return {
    unknown: answer(
      'refused',
      `There is no release channel ${wanted}`,
      ...hint,
      `There are ${known.join(', ')}.`,
    ),
  };
}
