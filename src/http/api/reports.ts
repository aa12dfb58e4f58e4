import { z } from 'zod';
import type { Actor } from '../../core/actor.ts';
import type { Answer } from '../../core/answer.ts';
import type { SubmitOptions } from '../../core/envelope.ts';
import type { Instant } from '../../core/time.ts';
import { idempotencyHeader } from './about-commands.ts';
import type { About, ApiRoute, Request } from './api-route.ts';
import { apiError, commandAnswer } from './command-shapes.ts';
import { guarded, type Doorkeeper } from './guard.ts';
import { readJsonBody } from './json-body.ts';
import { keyWasUsed, onceOf } from './once.ts';

/** What a release bot or a deploy tool says; it judges the body and the caller by itself, and is durable when it answers. */
export type Report = (
  body: unknown,
  by: Actor,
  options?: SubmitOptions,
) => Promise<{
  readonly status: number;
  readonly answer: Answer;
  readonly stream?: string;
  readonly verdict?: string;
  readonly repeated?: string;
}>;

export interface Reports {
  readonly reportCanary: Report;
  readonly reportDeployment: Report;
  /** What openapi.json says of their bodies. */
  readonly bodies: { readonly canary: Request; readonly deployment: Request };
}

/** `tone` and the rest as for commands; `verdict` of a canary report: how the version stands now. */
export const reportAnswer = commandAnswer.extend({ verdict: z.string().optional() });

/** `POST /api/v1/canary` and `/deployments`. */
export function reportRoutes(
  keeper: Doorkeeper & { readonly now: () => Instant },
  { reportCanary, reportDeployment, bodies }: Reports,
): readonly ApiRoute[] {
  const post = (
    path: string,
    about: Pick<About, 'id' | 'summary' | 'request'>,
    report: Report,
  ): ApiRoute => ({
    method: 'POST',
    path,
    about: [{ ...about, parameters: [idempotencyHeader], responses }],
    handle: guarded(keeper, async (request, { token, actor }) => {
      const read = readJsonBody(request);
      if ('refused' in read) return read.refused;
      const keyed = onceOf(request, token, keeper.now());
      if ('refused' in keyed) return keyed.refused;
      const { once } = keyed;
      const reported = await report(read.body, actor, once ? { once } : {});
      const { status, answer, stream, verdict, repeated } = reported;
      if (repeated !== undefined && repeated !== once?.request) return keyWasUsed();
      const { tone, title, lines } = answer;
      const more = { ...(stream !== undefined && { stream }), ...(verdict !== undefined && { verdict }) };
      return { status, json: { tone, title, lines, ...more } };
    }),
  });
  return [
    post(
      '/api/v1/canary',
      { id: 'report-canary', summary: 'A release bot says how a version does', request: bodies.canary },
      reportCanary,
    ),
    post(
      '/api/v1/deployments',
      {
        id: 'report-deployment',
        summary: 'A deploy tool says which version is live now',
        request: bodies.deployment,
      },
      reportDeployment,
    ),
  ];
}

const responses: About['responses'] = {
  200: { description: 'Taken; durable.', shapes: [reportAnswer] },
  400: {
    description: 'The body is wrong; `lines` names every mistake. Or it is no JSON.',
    shapes: [reportAnswer, apiError],
  },
  403: {
    description: 'This token may not report (`tone` is `refused`), or stands for somebody who is not there.',
    shapes: [reportAnswer, apiError],
  },
  404: { description: 'There is no such app or channel.', shapes: [reportAnswer] },
  409: { description: 'Understood and refused.', shapes: [reportAnswer] },
  415: { description: 'The body is no JSON.', shapes: [apiError] },
  422: { description: 'The Idempotency-Key was used for another request.', shapes: [apiError] },
};
