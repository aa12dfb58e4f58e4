import http from 'node:http';
import https from 'node:https';
import { api } from '@pagerduty/pdjs';
import { z } from 'zod';
import { reveal, type Secret } from '../trust/secrets.ts';
import { askOnce } from './pagerduty-request.ts';

/** With what Lastgood may ask PagerDuty's REST API. */
export interface PagerdutyAccess {
  readonly token: Secret;
  /** The e-mail address of the account there in whose name it acts. */
  readonly from: string;
  /** `https://api.pagerduty.com`, or `https://api.eu.pagerduty.com`. */
  readonly url: string;
}

export interface RestAnswer {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
}

/** One request. Rejects when no answer comes, and with `RateLimited` after a 429. */
export type PagerdutyRest = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  what: {
    readonly query?: Record<string, string | string[]>;
    readonly body?: object;
    readonly signal: AbortSignal;
  },
) => Promise<RestAnswer>;

export function pagerdutyRest({ token, from, url }: PagerdutyAccess): PagerdutyRest {
  const base = url.replace(/\/+$/, '');
  const agent = new URL(url).protocol === 'http:' ? http.globalAgent : https.globalAgent;

  return async (method, path, { query, body, signal }) => {
    try {
      const answer = await api({
        url: `${base}${path}`,
        method,
        token: reveal(token),
        headers: { From: from },
        signal,
        ...(query && { queryParameters: query }),
        ...(body && { data: body }),
        ...askOnce(agent),
      });
      return { status: answer.status, body: answer.data as unknown };
    } catch (error) {
      // An answer that is no JSON is thrown as it is.
      const answer = z.object({ status: z.int() }).safeParse(error);
      if (answer.success && !(error instanceof Error)) return { status: answer.data.status, body: undefined };
      throw error;
    }
  };
}

const refusal = z.object({
  error: z.object({ message: z.string(), errors: z.array(z.string()).default([]) }),
});

/** `it answered 400: Not Found`, with PagerDuty's own reason, which may quote what was sent. */
export function sayAnswer({ status, body }: RestAnswer): string {
  const said = refusal.safeParse(body).data?.error;
  return [`it answered ${status}`, ...(said ? [said.message, ...said.errors] : [])].join(': ');
}

const users = z.object({ users: z.array(z.object({ id: z.string(), email: z.string() })) });

/** The id of the account in whose name Lastgood acts; undefined when nobody there has that address. */
export async function accountOf(
  rest: PagerdutyRest,
  from: string,
  signal: AbortSignal,
): Promise<{ readonly answer: RestAnswer; readonly id: string | undefined }> {
  const answer = await rest('GET', '/users', { query: { query: from }, signal });
  const found = users.safeParse(answer.body).data?.users ?? [];
  return { answer, id: found.find(({ email }) => email.toLowerCase() === from.toLowerCase())?.id };
}
