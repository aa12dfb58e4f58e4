import type { PageEffect } from '../effect.ts';
import type { Ladder, RungTarget } from '../policies/escalation.ts';
import type { Policies } from '../policies/policies.ts';
import { onCallAt } from '../policies/roster.ts';
import type { Instant } from '../time.ts';
import type { PlannedPage } from './event.ts';

/** Which rung is to be called, in which round, and when. Rungs count from 1; one past the last is the last resort. */
export interface Call {
  readonly rung: number;
  readonly round: number;
  readonly at: Instant;
}

export function firstCall(ladder: Ladder, from: Instant): Call {
  return { rung: 1, round: 1, at: from + (ladder.rungs[0]?.after ?? 0) };
}

/**
 * What comes after a rung: the next one, the first one of another round, or the last resort, again and again.
 * Rungs of one round keep to their schedule even when they are called late, so that a restart catches up; a new round
 * counts from now, so that a long absence does not ring everybody many times.
 */
export function followingCall(
  ladder: Ladder,
  called: { readonly rung: number; readonly round: number },
  due: Instant,
  now: Instant,
): Call {
  const { rungs, at_end } = ladder;
  const next = rungs[called.rung];
  if (next) return { rung: called.rung + 1, round: called.round, at: due + next.after };
  const mayRepeat = called.rung === rungs.length && called.round <= at_end.times;
  if (mayRepeat) return { rung: at_end.repeat_from, round: called.round + 1, at: now + at_end.then_every };
  const resorts = called.rung > rungs.length ? called.round + 1 : called.round;
  return { rung: rungs.length + 1, round: resorts, at: now + at_end.then_every };
}

/** Whom a rung pages, resolved now: the roster may have changed since the incident opened. Nobody twice. */
export function pagesOfRung(
  where: {
    readonly ladder: Ladder;
    readonly rotation: string;
    readonly emergency: string;
    readonly service: string;
    readonly serviceTitle: string;
  },
  rung: number,
  policies: Policies,
  at: Instant,
): readonly PlannedPage[] {
  const regular = where.ladder.rungs[rung - 1];
  if (regular)
    return withoutDoubles(regular.page.flatMap((target) => pagesOfTarget(target, where, policies, at)));
  // The last resort: the last rung again, the emergency conversation, and every group of mail addresses.
  const last = where.ladder.rungs.at(-1)?.page ?? [];
  const groups = Object.keys(policies.notifications.mail_groups).map((mail_group) => ({ mail_group }));
  return withoutDoubles(
    [...last, { conversation: 'emergency' }, ...groups].flatMap((target) =>
      pagesOfTarget(target, where, policies, at),
    ),
  );
}

/** Whom a page went to, by name. Its receipt may come long after the rung that sent it. */
export function recipientOf(
  page: PageEffect,
  { roster, notifications }: Pick<Policies, 'roster' | 'notifications'>,
): string {
  if (page.person !== undefined) return roster.people[page.person]?.name ?? page.person;
  switch (page.type) {
    case 'page.pagerduty':
      return 'PagerDuty';
    case 'page.mail': {
      const to = page.to.join(', ');
      const groups = Object.entries(notifications.mail_groups);
      const group = groups.find(([, addresses]) => addresses.join(', ') === to);
      return group ? `${group[0]} group` : to;
    }
    case 'page.slack': {
      const found = Object.entries(notifications.conversations).find(([, id]) => id === page.to);
      return found ? `#${found[0]}` : page.to;
    }
    default:
      return page satisfies never;
  }
}

function pagesOfTarget(
  target: RungTarget,
  where: { readonly rotation: string; readonly service: string; readonly serviceTitle: string },
  policies: Policies,
  at: Instant,
): readonly PlannedPage[] {
  if ('conversation' in target) {
    const id = policies.notifications.conversations[target.conversation];
    return id === undefined
      ? []
      : [{ person: undefined, name: `#${target.conversation}`, by: 'slack', to: [id] }];
  }
  if ('mail_group' in target) {
    const to = policies.notifications.mail_groups[target.mail_group];
    return to === undefined
      ? []
      : [{ person: undefined, name: `${target.mail_group} group`, by: 'mail', to }];
  }
  const keys =
    'person' in target ? [target.person] : onCallAt(policies.roster, where.rotation, target.on_call, at);
  return keys.flatMap((key) => {
    const person = policies.roster.people[key];
    if (!person) return [];
    return target.by.flatMap((by): readonly PlannedPage[] => {
      const page = { person: key, name: person.name, by };
      switch (by) {
        case 'mail':
          return person.email === undefined ? [] : [{ ...page, to: [person.email] }];
        case 'slack':
          return person.slack[0] === undefined ? [] : [{ ...page, to: [person.slack[0]] }];
        case 'pagerduty':
          return [{ ...page, ...pagerdutyOf(where, person.pagerduty, policies) }];
        default:
          return by satisfies never;
      }
    });
  });
}

/** By name, where the service has its own there and the person an account; otherwise its policy there says whom. */
function pagerdutyOf(
  { service, serviceTitle }: { readonly service: string; readonly serviceTitle: string },
  user: string | undefined,
  { services }: Policies,
): Pick<PlannedPage, 'to' | 'rings'> {
  const there = services.services[service]?.pagerduty;
  if (there === undefined || user === undefined) return { to: [serviceTitle] };
  return { to: [user], rings: { service: there, user } };
}

function withoutDoubles(pages: readonly PlannedPage[]): readonly PlannedPage[] {
  const seen = new Set<string>();
  return pages.filter(({ by, to }) => {
    const keys = to.map((address) => `${by} ${address}`);
    const reachesMore = keys.some((key) => !seen.has(key));
    for (const key of keys) seen.add(key);
    return reachesMore;
  });
}
