import { nothing, type Decision, type Message } from '../stream.ts';
import type { Instant } from '../time.ts';
import type { IncidentEvent } from './event.ts';
import { isKeyOf } from './pagerduty-pages.ts';
import { isHolder, isOpen, type Incident } from './state.ts';

/** Deeds in PagerDuty that an incident hears of. */
export const pagerdutyDeeds = [
  'acknowledged',
  'unacknowledged',
  'resolved',
  'reopened',
  'reassigned',
  'escalated',
  'delegated',
] as const;

/** What was done in PagerDuty to one of the pages of this incident. `by` is a person of the roster, or PagerDuty. */
export interface PagerdutyReport {
  readonly type: 'pagerduty.report';
  readonly did: (typeof pagerdutyDeeds)[number];
  /** The page's key there; undefined when PagerDuty left it out. */
  readonly key: string | undefined;
  /** Who did it, as PagerDuty knows them; undefined when PagerDuty did it by itself. */
  readonly user: { readonly id: string; readonly name: string } | undefined;
  /** When, by PagerDuty's clock; its webhooks may come up to 20 minutes late. */
  readonly occurredAt: Instant | undefined;
  /** When its incident there began, by PagerDuty's clock. */
  readonly beganAt: Instant | undefined;
  /** Whom PagerDuty calls now. */
  readonly assignees: readonly string[];
}

/**
 * Acknowledging there is acknowledging here, for whoever is in the roster: they were called by us and said "I have it".
 * Resolving there is not resolving here. What they resolve is one page, one rung's; resolving the incident also ends
 * its clocks, lets releases go on and writes the post-mortem, and is refused while a rollback runs. So it counts as
 * "I have it" when nobody has, is told, and the card goes on to offer Resolve.
 *
 * What we ourselves did there comes back as something that no user did, or its holder, or the account in whose name
 * Lastgood acts, and changes nothing.
 */
export function hearPagerduty(
  state: Incident,
  message: Message<PagerdutyReport>,
  acknowledge: () => Decision<IncidentEvent>,
): Decision<IncidentEvent> {
  const { by, intent } = message;
  const { did, user, occurredAt } = intent;
  if (!isOpen(state) || !isOurs(state, intent) || isOurDoing(state, intent)) return nothing;
  if (did !== 'acknowledged' && did !== 'resolved') return note(sayDeed(intent));
  if (!user) return nothing;
  if (by.kind !== 'person') {
    const goesOn = state.acknowledged ? '' : ' Nobody has it here, and the ladder goes on.';
    const words = `${user.name} ${did} the page in PagerDuty, and is not in the roster: add pagerduty: ${user.id} to policies/roster.yml.${goesOn}`;
    return { events: [{ type: 'pagerduty.noted', text: words, silenced: true }], tells: [] };
  }
  // Somebody who has taken it since keeps it.
  const overtaken =
    state.acknowledged !== undefined && occurredAt !== undefined && occurredAt < state.acknowledged.at;
  if (did === 'acknowledged') return overtaken || isHolder(state, by) ? nothing : acknowledge();
  const resolved = note(
    `${by.name} resolved the page in PagerDuty. ${state.id} stays open until somebody resolves it here: /incident resolve ${state.id}`,
  );
  if (state.acknowledged) return resolved;
  const taken = acknowledge();
  return { events: [...taken.events, ...resolved.events], tells: taken.tells };
}

/** Theirs and ours may differ by so much. */
const clockSkew = 2 * 60_000;

/** Without its key it has only our number in its title, which an older store may have given to another incident. */
function isOurs(state: Incident, { key, beganAt }: PagerdutyReport): boolean {
  if (key !== undefined) return isKeyOf(state, key);
  return beganAt === undefined || beganAt >= state.openedAt - clockSkew;
}

/**
 * Where Lastgood says whom to call, it acts there as some account. That is nobody taking it: it acknowledges only what
 * somebody has here, so before that the account's owner was at work, and it may be one of the roster.
 */
function isOurDoing({ pagerdutySelf, acknowledged }: Incident, { did, user }: PagerdutyReport): boolean {
  if (user === undefined || user.id !== pagerdutySelf) return false;
  return acknowledged !== undefined || (did !== 'acknowledged' && did !== 'resolved');
}

function note(text: string): Decision<IncidentEvent> {
  return { events: [{ type: 'pagerduty.noted', text }], tells: [] };
}

function sayDeed({ did, user, assignees }: PagerdutyReport): string {
  if (did === 'unacknowledged' && !user)
    return 'PagerDuty’s own acknowledgement has run out, and it calls people again.';
  const by = user ? ` by ${user.name}` : '';
  const to =
    did === 'unacknowledged' || assignees.length === 0 ? '' : `; it calls ${assignees.join(', ')} now`;
  return `The page was ${did} in PagerDuty${by}${to}.`;
}
