import { sayActor } from '../actor.ts';
import type { Effect, EffectSettled } from '../effect.ts';
import { cautionOf, sayOverride, sayPlan } from '../plan/words.ts';
import { settleNamedCard } from '../settle-card.ts';
import { nothing, type Decision, type Recorded, type Wanted } from '../stream.ts';
import { sayMoment } from '../time.ts';
import type { Asked } from './approvers.ts';
import type { OperationEvent } from './event.ts';
import type { Operation } from './state.ts';

const prefix = 'request ';

/** The card by which one person is asked to approve: a direct message, brought up to date as any card is. */
export function requestCardName(person: string): string {
  return `${prefix}${person}`;
}

/** Whom a card asks. */
export function askedOn(operation: Operation, card: string): Asked | undefined {
  return operation.asks?.people.find(({ person }) => requestCardName(person) === card);
}

/** After these a request says something else. */
const changes: readonly OperationEvent['type'][] = [
  'operation.approved',
  // Before its button is pressed it asks whether to begin at once, or when a promotion has let go.
  'operation.unblocked',
  'operation.frozen',
  'operation.thawed',
  'operation.rejected',
  'operation.withdrawn',
  'operation.expired',
  'operation.voided',
];

/** Everybody who is asked to approve is asked in person, and told in place what became of it. */
export function requestEffects(state: Operation, event: Recorded<OperationEvent>): readonly Effect[] {
  const isNew = event.type === 'operation.planned';
  // The last approval is followed by what it leads to.
  const counts = event.type === 'approval.given' && event.count < event.needed;
  if (!isNew && !counts && !changes.includes(event.type)) return [];
  const { severity } = state;
  return (state.asks?.people ?? []).flatMap((asked): readonly Effect[] => {
    const { person, slack, email } = asked;
    if (slack !== undefined)
      return [{ type: 'slack.card', conversation: slack, card: requestCardName(person), severity }];
    return isNew && email !== undefined ? [mail(state, asked, email)] : [];
  });
}

/** Requests that were written before the plan's card was there lead to it from now on, in place. */
export function requestsToCard(
  { asks, card, cards = {}, severity }: Operation,
  event: Extract<OperationEvent, { type: 'card.posted' }>,
): readonly Effect[] {
  if (card === undefined) return [];
  return (asks?.people ?? []).flatMap(({ person, slack }): readonly Effect[] => {
    const request = requestCardName(person);
    const concerned = !('card' in event) || event.card === request;
    return slack !== undefined && concerned && cards[request]?.withoutCard
      ? [{ type: 'slack.card', conversation: slack, card: request, severity }]
      : [];
  });
}

/** Nobody is asked for what has been decided meanwhile; a message that is there has to say so. */
export function requestWanted(state: Operation, effect: Effect, begun: boolean): Wanted {
  const card = cardOfRequest(effect);
  if (card === undefined || begun || state.cards?.[card]?.ts !== undefined) return { wanted: true };
  const { id, status, approvals } = state;
  if (status !== 'awaiting-approval')
    return { wanted: false, why: `${id} no longer waits for approval (${status})` };
  const asked = askedOn(state, card);
  return approvals.some(({ person }) => person === asked?.person)
    ? { wanted: false, why: `${asked?.name ?? 'they'} had approved in the meantime` }
    : { wanted: true };
}

/**
 * Whether those who were asked can know of it: a message that is not there yet may never be read in time. Nothing where
 * nobody was asked.
 */
export function sayRequests({ asks, approvals, cards = {} }: Operation): readonly string[] {
  const waiting = (asks?.people ?? []).filter(
    ({ person }) => !approvals.some((approval) => approval.person === person),
  );
  const said = waiting.map(({ person, name, slack, email }) => {
    const { ts, trouble } = cards[requestCardName(person)] ?? {};
    if (ts !== undefined) return name;
    if (trouble !== undefined) return `${name} (not delivered: ${trouble})`;
    if (slack !== undefined) return `${name} (not delivered yet)`;
    return `${name} (${email === undefined ? 'no Slack id and no address' : 'by mail'})`;
  });
  return said.length === 0 ? [] : [`Asked: ${said.join(', ')}`];
}

/** The request that an effect carries, by whatever way. */
export function cardOfRequest(effect: Effect): string | undefined {
  if (effect.type === 'slack.card') return effect.card;
  return effect.type === 'page.mail' && effect.person !== undefined
    ? requestCardName(effect.person)
    : undefined;
}

/** Where somebody was asked, or why they could not be. */
export function settleRequest(
  { cards }: Operation,
  card: string,
  { effect, outcome }: EffectSettled,
): Decision<OperationEvent> {
  // A mail leaves nothing to come back to.
  if (effect.type === 'page.mail' && outcome.status !== 'failed') return nothing;
  const conversation = effect.type === 'slack.card' ? effect.conversation : '';
  return settleNamedCard(cards, card, { conversation }, outcome);
}

function mail(state: Operation, { person }: Asked, email: string): Effect {
  const { id, plan, hash, rule, severity } = state;
  const override = sayOverride(plan);
  const caution = cautionOf(plan);
  return {
    type: 'page.mail',
    person,
    to: [email],
    subject: `${id} waits for your approval: ${sayPlan(plan)}`,
    text: [
      `${sayActor(state.requestedBy)} asks to ${sayPlan(plan)}: ${plan.reason}`,
      ...(override === undefined ? [] : [`${override}.`]),
      ...(caution === undefined ? [] : [`Caution: ${caution}.`]),
      '',
      ...plan.steps.map(({ title }, index) => `${index + 1}. ${title}`),
      '',
      `It takes ${rule.approvals} ${rule.approvals === 1 ? 'approval' : 'approvals'} (${rule.roles.join(' or ')}) until ${sayMoment(state.expiresAt)}.`,
      `Yes: /operation approve ${id} ${hash}`,
      `No: /operation reject ${id} ${hash}`,
    ].join('\n'),
    severity: severity ?? 'P2',
  };
}
