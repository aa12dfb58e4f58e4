import type { Effect, EffectOf, PageEffect, Receipt } from '../effect.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import type { Incident } from './state.ts';

/**
 * One incident in PagerDuty by which Lastgood itself says whom to call. The rungs of a round share it: each adds its
 * people, and nobody's phone falls silent because somebody else's rings.
 */
export interface PagerdutyPage {
  readonly key: string;
  /** The service it belongs to, by its id there. */
  readonly service: string;
  /** The accounts that it was to call. */
  readonly called: readonly string[];
  /** Those of them of whom nobody knows yet that PagerDuty took them by name: an event may have gone out instead. */
  readonly perhapsByEvent: readonly string[];
  /** Nobody there has acknowledged or resolved it, as far as we have heard. */
  readonly rings: boolean;
}

type Fired = Extract<IncidentEvent, { type: 'rung.fired' }>;
type InPagerduty = Pick<Incident, 'pagerdutyKeys' | 'pagerdutyPages'>;

/** What a rung calls in PagerDuty: by a key of its own, or, where it names accounts, by a page that names them, too. */
export function callInPagerduty(state: Incident, event: Fired): InPagerduty {
  const { pagerdutyKeys, pagerdutyPages = [] } = state;
  const pages = event.pages.filter(({ by }) => by === 'pagerduty');
  if (pages.length === 0) return { pagerdutyKeys };
  const used = [...pagerdutyKeys, ...pagerdutyPages.map(({ key }) => key)];
  const key = freshKey(used, keyOf(state, event));
  const named = pages.flatMap(({ rings }) => (rings ? [rings] : []));
  return {
    pagerdutyKeys: named.length < pages.length ? [...pagerdutyKeys, key] : pagerdutyKeys,
    ...(named[0] && { pagerdutyPages: callByName(pagerdutyPages, key, named[0].service, named) }),
  };
}

/**
 * PagerDuty rings somebody once a page. Whoever it has called by the last one already gets a new one, and so does
 * everybody once it is acknowledged.
 */
function callByName(
  pages: readonly PagerdutyPage[],
  key: string,
  service: string,
  named: readonly { readonly user: string }[],
): readonly PagerdutyPage[] {
  const users = named.map(({ user }) => user);
  const last = pages.at(-1);
  const joins = last?.rings && last.service === service && !users.some((user) => last.called.includes(user));
  if (!last || !joins) return [...pages, { key, service, called: users, perhapsByEvent: users, rings: true }];
  const { called, perhapsByEvent } = last;
  const joined = { ...last, called: [...called, ...users], perhapsByEvent: [...perhapsByEvent, ...users] };
  return [...pages.slice(0, -1), joined];
}

/** In a receipt, the key of an event that may have gone out besides. */
export const perhapsByEvent = 'perhaps_event';

/**
 * Reads from a page's receipt whether PagerDuty took it by name; only where no event can have gone out besides, it names
 * the account.
 */
export function accountCalled(
  effect: PageEffect,
  receipt: Receipt,
): Pick<Extract<IncidentEvent, { type: 'page.delivered' }>, 'pagerduty'> {
  const { incident, as: self } = receipt;
  if (effect.type !== 'page.pagerduty' || incident === undefined) return {};
  const user = perhapsByEvent in receipt ? undefined : effect.named?.users[0];
  return { pagerduty: { key: effect.dedupKey, ...(user !== undefined && { user }), self } };
}

/** PagerDuty took a page by name: no event went out in its place. */
export function calledByName(
  { pagerdutyPages = [] }: Incident,
  { pagerduty: called }: Extract<IncidentEvent, { type: 'page.delivered' }>,
): Pick<Incident, 'pagerdutyPages' | 'pagerdutySelf'> {
  if (!called) return {};
  const known = pagerdutyPages.map((page) =>
    page.key === called.key
      ? { ...page, perhapsByEvent: page.perhapsByEvent.filter((user) => user !== called.user) }
      : page,
  );
  return { pagerdutyPages: known, ...(called.self !== undefined && { pagerdutySelf: called.self }) };
}

/** Somebody has acknowledged: what is added to these pages now may ring nobody. */
export function silent({ pagerdutyPages }: Incident): Pick<Incident, 'pagerdutyPages'> {
  return pagerdutyPages ? { pagerdutyPages: pagerdutyPages.map((page) => ({ ...page, rings: false })) } : {};
}

/**
 * The life after the backup may have called further rungs there, which somebody has taken since: whoever is called now is
 * called under keys of their own, and adds to no page of then. What was called before is still acknowledged and resolved.
 */
export function inAnotherLife(
  state: Incident,
  { storeId }: Extract<IncidentEvent, { type: 'records.restored' }>,
): Pick<Incident, 'storeId' | 'pagerdutyPages'> {
  return { ...silent(state), ...(storeId !== undefined && { storeId }) };
}

/** Whether a key that PagerDuty tells of is one of this incident. */
export function isKeyOf({ pagerdutyKeys, pagerdutyPages = [] }: Incident, key: string): boolean {
  const ofPages = pagerdutyPages.some((page) => key === page.key || key.startsWith(`${page.key}/`));
  return ofPages || pagerdutyKeys.includes(key);
}

/** Under which key a planned page goes out, which the state has just noted, and whom it calls by name. */
export function pagerdutyCall(
  { id, pagerdutyKeys, pagerdutyPages }: Incident,
  { rings }: PlannedPage,
): Pick<EffectOf<'page.pagerduty'>, 'dedupKey' | 'named'> {
  if (!rings) return { dedupKey: pagerdutyKeys.at(-1) ?? id };
  const named = { service: rings.service, users: [rings.user] };
  return { dedupKey: pagerdutyPages?.at(-1)?.key ?? id, named };
}

/** Acknowledges or resolves there whatever this incident has opened. */
export function pagerdutyEnd(
  state: Incident,
  action: 'acknowledge' | 'resolve',
  summary: string,
): readonly Effect[] {
  const { severity, service, pagerdutyKeys, pagerdutyPages = [] } = state;
  const end = { type: 'page.pagerduty', action, severity, summary, service, person: undefined } as const;
  return [
    ...pagerdutyKeys.map((dedupKey) => ({ ...end, dedupKey })),
    ...pagerdutyPages.map((page) => ({
      ...end,
      dedupKey: page.key,
      named: { service: page.service, users: page.perhapsByEvent },
    })),
  ];
}

/** PagerDuty adds a page under a key that it knows to the incident of then, also to that of a store long gone. */
function keyOf({ id, storeId }: Incident, call: { readonly rung: number; readonly round: number }): string {
  const where = storeId === undefined ? id : `${storeId}/${id}`;
  return `lastgood/${where}/rung-${call.rung}.${call.round}`;
}

/** A ladder that begins anew calls its rungs again; under a key that PagerDuty knows already no phone would ring. */
function freshKey(used: readonly string[], key: string): string {
  const before = used.filter((each) => each === key || each.startsWith(`${key}-`)).length;
  return before === 0 ? key : `${key}-${before + 1}`;
}
