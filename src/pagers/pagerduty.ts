import https from 'node:https';
import net from 'node:net';
import { event } from '@pagerduty/pdjs';
import { z } from 'zod';
import type { Carrier, EffectOf, Errand, Outcome } from '../core/effect.ts';
import type { Severity } from '../core/severity.ts';
import { quoter, reveal, type Secret } from '../trust/secrets.ts';

const requestTimeout = 10_000;
const maxSummary = 1024;
const maxAnswerBytes = 64 * 1024;

type PagerdutyEvent = Parameters<typeof event>[0]['data'];

/** The Events API has no P0–P3; `custom_details.severity` says which one it was. */
const severityThere = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const satisfies Record<
  Severity,
  string
>;

const accepted = z.object({ dedup_key: z.string() });
const refused = z.object({ message: z.string(), errors: z.array(z.string()).default([]) });

/** Triggers, acknowledges and resolves alerts through PagerDuty's Events API v2. */
export function pagerdutyPager(deps: {
  readonly routingKey: Secret;
  /** `https://events.pagerduty.com`, or `https://events.eu.pagerduty.com`. */
  readonly eventsUrl: string;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}): Carrier<'page.pagerduty'> {
  const summarise = quoter(deps.secrets, maxSummary);
  const quote = quoter([deps.routingKey, ...deps.secrets]);
  const { protocol, host } = new URL(deps.eventsUrl);
  const agent = protocol === 'http:' ? plainHttpAgent() : https.globalAgent;

  async function carry({ effect, stream, signal }: Errand<'page.pagerduty'>): Promise<Outcome> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]);
    try {
      const answer = await event({
        server: host,
        data: eventOf(effect, stream),
        signal: bounded,
        redirect: 'error',
        ...askOnce(agent),
      });
      return outcomeOf(answer.status, answer.data, effect.dedupKey);
    } catch (error) {
      // What PagerDuty would like us to wait stays inside pdjs; the outbox's own backoff has to do.
      if (error instanceof RateLimited) {
        return { status: 'retry', why: 'PagerDuty asks us to slow down (429).', mayHaveHappened: false };
      }
      const words = error instanceof Error ? error.message : String(error);
      const why = `PagerDuty gave no answer: ${bounded.aborted ? 'it took too long' : quote(words)}.`;
      return { status: 'retry', why, mayHaveHappened: !isUnconnected(error) };
    }
  }

  function eventOf(effect: EffectOf<'page.pagerduty'>, stream: string): PagerdutyEvent {
    return {
      routing_key: reveal(deps.routingKey),
      event_action: effect.action,
      dedup_key: effect.dedupKey,
      payload: {
        summary: summarise(effect.summary),
        source: effect.service,
        severity: severityThere[effect.severity],
        custom_details: {
          stream,
          severity: effect.severity,
          ...(effect.person !== undefined && { person: effect.person }),
        },
      },
    };
  }

  /** pdjs resolves whatever the status is; only 202 means that the event was taken. */
  function outcomeOf(status: number, data: unknown, dedupKey: string): Outcome {
    if (status === 202) {
      return { status: 'done', receipt: { dedup_key: accepted.safeParse(data).data?.dedup_key ?? dedupKey } };
    }
    if (status >= 500)
      return { status: 'retry', why: `PagerDuty answered ${status}.`, mayHaveHappened: true };
    const said = refused.safeParse(data).data;
    const reason = said ? quote([said.message, ...said.errors].join(': ')) : 'it gave no reason';
    return { status: 'failed', why: `PagerDuty refused the event (${status}): ${reason}` };
  }

  return { types: ['page.pagerduty'], carry };
}

class RateLimited extends Error {
  override readonly name = 'RateLimited';
}

/**
 * After a 429, and after nothing else, pdjs sends the request again by itself; no option turns that off. Here it gets
 * an agent once only: to ask for another is to tell of a 429, and the outbox does the waiting.
 */
function askOnce(agent: https.Agent): object {
  let asked = false;
  return {
    agent() {
      if (asked) throw new RateLimited('429');
      asked = true;
      return agent;
    },
    retryTimeout: 0,
    // Its timeout aborts nothing, and only keeps the process alive.
    requestTimeout: 0,
    size: maxAnswerBytes,
  };
}

/** pdjs always says https. To reach an emulator, this agent leaves the encryption out. */
function plainHttpAgent(): https.Agent {
  return Object.assign(new https.Agent(), {
    createConnection: (options: net.NetConnectOpts) => net.connect(options),
  });
}

/** No connection came about, so nothing can have happened. */
function isUnconnected(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(error.code));
}
