import type { CardUrl } from '../core/card-url.ts';
import type { Carrier, EffectOf, Errand, Outcome } from '../core/effect.ts';
import { perhapsByEvent } from '../core/incident/pagerduty-pages.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { quoter, scrubber, type Secret } from '../trust/secrets.ts';
import { pagerdutyIncidents, type PagerdutyIncidents } from './pagerduty-incidents.ts';
import type { PagerdutyAccess } from './pagerduty-rest.ts';

const maxTitle = 255;
const maxDetails = 4_000;

/** So often the people are called by name, seconds apart, before an event has to do. */
const triesByName = 3;
/** And so long nobody else has to wait for as many: those of a rung go out one after another. */
const byEventFor: Milliseconds = 60_000;
/** An incident that PagerDuty has only just got may not be listed yet. */
const looks = 4;
/** Not for want of an answer: that PagerDuty takes other pages meanwhile is no reason to look sooner. */
const notListed = {
  status: 'retry',
  why: 'PagerDuty lists no such page (yet).',
  after: 1_000,
  mayHaveHappened: false,
} as const;

type PagerdutyErrand = Errand<'page.pagerduty'>;
type Named = NonNullable<EffectOf<'page.pagerduty'>['named']>;

/**
 * Has PagerDuty call the very people that a rung names. Where its REST API does not take that, the page goes out as an
 * event after all, and whose phone rings is for PagerDuty to choose: the wrong person is better than none.
 */
export function pagerdutyByName(deps: {
  /** What carries pages that name nobody. */
  readonly events: Carrier<'page.pagerduty'>;
  readonly access: PagerdutyAccess | undefined;
  readonly cardUrl: CardUrl;
  /** Everything that must never leave in a page. */
  readonly secrets: readonly Secret[];
}): Carrier<'page.pagerduty'> {
  const { events, access, secrets } = deps;
  const incidents = access && pagerdutyIncidents({ ...access, secrets });
  const titled = quoter(secrets, maxTitle);
  const scrub = scrubber(secrets);

  /** Since when, and why, nobody could be called by name, as far as is known. */
  let givenUp: { readonly at: Instant; readonly why: string } | undefined;

  async function call(errand: PagerdutyErrand, { service, users }: Named): Promise<Outcome> {
    const [user = ''] = users;
    if (!incidents) return callByEvent(errand, user, 'PAGERDUTY_API_TOKEN is not set');
    // Were the clock set back, nobody would know how long ago that was.
    if (givenUp && givenUp.at <= errand.now && errand.now < givenUp.at + byEventFor)
      return callByEvent(errand, user, givenUp.why);
    const { dedupKey: key, summary } = errand.effect;
    // Cut only now: half a secret would not be recognised.
    const details = scrub(detailsOf(errand)).slice(0, maxDetails);
    const page = { key, service, user, title: titled(summary), details };
    const told = await incidents.call(page, errand.signal);
    if (told.is === 'trouble' && errand.attempt < triesByName)
      return { status: 'retry', why: `PagerDuty: ${told.why}`, mayHaveHappened: told.mayHaveHappened };
    givenUp = told.is === 'trouble' ? { at: errand.now, why: told.why } : undefined;
    if (told.is === 'done') return { status: 'done', receipt: receiptOf(errand, user, told.incident) };
    return callByEvent(errand, user, told.why);
  }

  /**
   * A later try may find the API well again, when nobody knows whether the event before it arrived: one goes out after
   * so many tries, and at once after a refusal, also one that passes.
   */
  function receiptOf({ effect, attempt, mayHaveHappened }: PagerdutyErrand, user: string, incident = '') {
    const self = incidents?.self();
    const perhaps = attempt > triesByName || mayHaveHappened;
    return {
      incident,
      ...(self !== undefined && { as: self }),
      ...(perhaps && { [perhapsByEvent]: eventKey(effect.dedupKey, user) }),
    };
  }

  async function callByEvent(errand: PagerdutyErrand, user: string, why: string): Promise<Outcome> {
    const outcome = await events.carry(asEvent(errand, user));
    switch (outcome.status) {
      case 'done':
        return {
          ...outcome,
          note: `PagerDuty could not be told whom to call (${why}). Its own escalation policy chooses.`,
        };
      case 'failed':
        return { ...outcome, why: `${outcome.why}. Nor could it be told whom to call: ${why}` };
      default:
        return outcome;
    }
  }

  async function end(errand: PagerdutyErrand, { service, users }: Named): Promise<Outcome> {
    const [byName, ...byEvent] = await Promise.all([
      endByName(errand, service, incidents),
      ...users.map((user) => events.carry(asEvent(errand, user))),
    ]);
    const all = [byName, ...byEvent];
    return (
      all.find(({ status }) => status === 'retry') ?? all.find(({ status }) => status !== 'done') ?? byName
    );
  }

  function detailsOf({ effect, stream, state }: PagerdutyErrand): string {
    const { details = {}, links = [] } = effect;
    const card = deps.cardUrl(stream, state);
    return [
      ...Object.entries(details).map(([name, words]) => `${name}: ${words}`),
      ...links.map(({ label, url }) => `${label}: ${url}`),
      ...(card === undefined ? [] : [`${card.what}: ${card.url}`]),
    ].join('\n');
  }

  return {
    types: ['page.pagerduty'],
    carry: async (errand) => {
      const { named, action } = errand.effect;
      if (!named) return events.carry(errand);
      return action === 'trigger' ? call(errand, named) : end(errand, named);
    },
  };
}

async function endByName(
  { effect, attempt, signal }: PagerdutyErrand,
  service: string,
  incidents: PagerdutyIncidents | undefined,
): Promise<Outcome> {
  const { dedupKey: key, action, summary: words } = effect;
  const status = action === 'acknowledge' ? 'acknowledged' : 'resolved';
  const done: Outcome = { status: 'done', receipt: { dedup_key: key } };
  if (!incidents) return done;
  const told = await incidents.end(status, { key, service, words }, signal);
  switch (told.is) {
    case 'done':
      if (told.incident !== undefined || attempt >= looks) return done;
      return notListed;
    case 'trouble':
      return { status: 'retry', why: `PagerDuty: ${told.why}`, mayHaveHappened: told.mayHaveHappened };
    case 'refused':
      return { status: 'failed', why: `PagerDuty would not have its page ${status}: ${told.why}` };
    default:
      return told satisfies never;
  }
}

/** One of its own for each person: under the page's key an event may be taken for a repetition, and ring nobody. */
function eventKey(page: string, user: string): string {
  return `${page}/${user}`;
}

function asEvent(errand: PagerdutyErrand, user: string): PagerdutyErrand {
  const { named: _named, ...effect } = errand.effect;
  return { ...errand, effect: { ...effect, dedupKey: eventKey(effect.dedupKey, user) } };
}
