import https from 'node:https';
import { event } from '@pagerduty/pdjs';
import { z } from 'zod';
import type { CardUrl } from '../core/card-url.ts';
import type { Carrier, EffectOf, Errand, Outcome } from '../core/effect.ts';
import type { Severity } from '../core/severity.ts';
import { quoter, reveal, scrubber, type Secret } from '../trust/secrets.ts';
import { askOnce, isUnconnected, plainHttpAgent, RateLimited } from './pagerduty-request.ts';

const requestTimeout = 10_000;
const maxSummary = 1024;

/** pdjs’ own type leaves out who sends the event, which PagerDuty links to. */
type PagerdutyEvent = Parameters<typeof event>[0]['data'] & {
  readonly client?: string;
  readonly client_url?: string;
};

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
  readonly cardUrl: CardUrl;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}): Carrier<'page.pagerduty'> {
  const summarise = quoter(deps.secrets, maxSummary);
  const quote = quoter([deps.routingKey, ...deps.secrets]);
  const scrub = scrubber([deps.routingKey, ...deps.secrets]);
  const { protocol, host } = new URL(deps.eventsUrl);
  const agent = protocol === 'http:' ? plainHttpAgent() : https.globalAgent;

  async function carry({ effect, stream, state, signal }: Errand<'page.pagerduty'>): Promise<Outcome> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]);
    try {
      const answer = await event({
        server: host,
        data: eventOf(effect, stream, state),
        signal: bounded,
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

  function eventOf(effect: EffectOf<'page.pagerduty'>, stream: string, state: unknown): PagerdutyEvent {
    const { details = {}, links = [] } = effect;
    const card = effect.action === 'trigger' ? deps.cardUrl(stream, state) : undefined;
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
          ...Object.fromEntries(Object.entries(details).map(([name, words]) => [name, quote(words)])),
        },
      },
      ...(links.length > 0 && {
        links: links.map(({ label, url }) => ({ href: scrub(url), text: quote(label) })),
      }),
      ...(card !== undefined && { client: 'Slack', client_url: card }),
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
