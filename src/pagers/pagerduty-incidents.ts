import { z } from 'zod';
import { quoter, type Secret } from '../trust/secrets.ts';
import { isUnconnected, RateLimited } from './pagerduty-request.ts';
import {
  accountOf,
  pagerdutyRest,
  sayAnswer,
  type PagerdutyAccess,
  type RestAnswer,
} from './pagerduty-rest.ts';

/** All the requests that one call takes, together. */
const callTimeout = 6_000;
const selfTimeout = 1_500;

export interface NamedPage {
  /** Known to PagerDuty as the incident's key: one incident at a time has it. */
  readonly key: string;
  /** The id of the service there. */
  readonly service: string;
  /** The id of the account to call. */
  readonly user: string;
  readonly title: string;
  readonly details: string;
}

/** `trouble` may pass; a refusal stays. */
export type Told =
  | { readonly is: 'done'; readonly incident: string | undefined }
  | { readonly is: 'trouble'; readonly why: string; readonly mayHaveHappened: boolean }
  | { readonly is: 'refused'; readonly why: string };

export interface PagerdutyIncidents {
  /** Has PagerDuty call somebody: by a new incident, or by one that it already has under that key. */
  readonly call: (page: NamedPage, signal: AbortSignal) => Promise<Told>;
  /** Acknowledges or resolves what is open under a key; its incident is undefined when nothing is. */
  readonly end: (
    status: 'acknowledged' | 'resolved',
    page: Pick<NamedPage, 'key' | 'service'> & { readonly words: string },
    signal: AbortSignal,
  ) => Promise<Told>;
  /** The account in whose name all this is done, as far as it is known by now. */
  readonly self: () => string | undefined;
}

const incident = z.object({
  id: z.string().min(1),
  status: z.string(),
  assignments: z.array(z.object({ assignee: z.object({ id: z.string() }) })).default([]),
});
const one = z.object({ incident });
const some = z.object({ incidents: z.array(incident) });
type OpenIncident = z.infer<typeof incident>;

/** PagerDuty's incidents over its REST API, which takes the people to call, as its Events API does not. */
export function pagerdutyIncidents(
  access: PagerdutyAccess & { readonly secrets: readonly Secret[] },
): PagerdutyIncidents {
  const rest = pagerdutyRest(access);
  const quote = quoter([access.token, ...access.secrets]);
  let self: string | undefined;

  async function open(
    { key, service }: Pick<NamedPage, 'key' | 'service'>,
    signal: AbortSignal,
  ): Promise<readonly OpenIncident[]> {
    const statuses = ['triggered', 'acknowledged'];
    const query = { incident_key: key, 'service_ids[]': [service], 'statuses[]': statuses };
    return some.parse(accepted(await rest('GET', '/incidents', { query, signal }))).incidents;
  }

  /** Who we are is wanted for what comes back by webhook; no page waits long for it, or fails by it. */
  async function learnSelf(signal: AbortSignal): Promise<void> {
    const brief = AbortSignal.any([signal, AbortSignal.timeout(selfTimeout)]);
    self ??= (await accountOf(rest, access.from, brief).catch(() => undefined))?.id;
  }

  async function create({ key, service, user, title, details }: NamedPage, signal: AbortSignal) {
    const body = {
      incident: {
        type: 'incident',
        title,
        service: { id: service, type: 'service_reference' },
        incident_key: key,
        assignments: [assignment(user)],
        body: { type: 'incident_body', details },
      },
    };
    const created = one.parse(accepted(await rest('POST', '/incidents', { body, signal }))).incident;
    if (created.status !== 'triggered') throw new Refused(themselves);
    return created.id;
  }

  async function change(id: string, to: object, signal: AbortSignal): Promise<string> {
    const body = { incident: { type: 'incident_reference', ...to } };
    accepted(await rest('PUT', `/incidents/${encodeURIComponent(id)}`, { body, signal }));
    return id;
  }

  /** Asks first, so that a page whose answer was lost is not sent again. */
  async function call(page: NamedPage, signal: AbortSignal): Promise<string> {
    const [[found]] = await Promise.all([open(page, signal), learnSelf(signal)]);
    if (page.user === self) throw new Refused(themselves);
    if (!found) return create(page, signal);
    if (found.status !== 'triggered')
      throw new Refused('the incident is acknowledged there, so it may ring for nobody else');
    const called = found.assignments.map(({ assignee }) => assignee.id);
    if (called.includes(page.user)) return found.id;
    return change(found.id, { assignments: [...called, page.user].map(assignment) }, signal);
  }

  async function told(work: (signal: AbortSignal) => Promise<string | undefined>, signal: AbortSignal) {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(callTimeout)]);
    try {
      return { is: 'done', incident: await work(bounded) } as const;
    } catch (error) {
      return notDone(error, bounded.aborted);
    }
  }

  function notDone(error: unknown, late: boolean): Told {
    if (error instanceof Refused) return { is: 'refused', why: quote(error.message) };
    // It broke off, or something in between answered: what was asked for may have been done all the same.
    if (error instanceof z.ZodError)
      return { is: 'trouble', why: 'its answer could not be read', mayHaveHappened: true };
    if (error instanceof RateLimited)
      return { is: 'trouble', why: 'it asks us to slow down (429)', mayHaveHappened: false };
    if (error instanceof Trouble) return { is: 'trouble', why: quote(error.message), mayHaveHappened: true };
    const words = error instanceof Error ? error.message : String(error);
    const why = `it gave no answer: ${late ? 'it took too long' : quote(words)}`;
    return { is: 'trouble', why, mayHaveHappened: !isUnconnected(error) };
  }

  return {
    call: (page, signal) => told((bounded) => call(page, bounded), signal),
    end: (status, { words, ...page }, signal) =>
      told(async (bounded) => {
        const all = await open(page, bounded);
        const to = status === 'resolved' ? { status, resolution: words } : { status };
        for (const each of all) if (each.status !== status) await change(each.id, to, bounded);
        return all[0]?.id;
      }, signal),
    self: () => self,
  };
}

/** PagerDuty takes an incident that somebody opens for themselves as acknowledged. */
const themselves =
  'it rings nobody for what is done in their own name: PAGERDUTY_FROM has to be somebody else';

class Refused extends Error {}
class Trouble extends Error {}

function assignment(user: string): object {
  return { assignee: { id: user, type: 'user_reference' } };
}

/** @returns the body of an answer that says yes */
function accepted(answer: RestAnswer): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const said = sayAnswer(answer);
  // Two requests met, or an incident of a moment ago is not listed yet: it will be found the next time.
  if (status >= 500 || /matching dedup key already exists/i.test(said)) throw new Trouble(said);
  throw new Refused(said);
}
