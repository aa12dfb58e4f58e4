import { isSamePerson } from '../actor.ts';
import type { Effect } from '../effect.ts';
import { mentionOf, type Mentioned } from '../mention.ts';
import { voiced } from '../refusals.ts';
import type { Context, Decision, Message, Recorded, StreamKind, Tell, Wanted } from '../stream.ts';
import type { Policies } from '../policies/policies.ts';
import { sayMoment, type Instant } from '../time.ts';
import { decideOperation } from './decide.ts';
import { describeOperationEvent, progressOf } from './describe.ts';
import type { OperationEvent } from './event.ts';
import type { OperationIntent } from './intent.ts';
import { requestEffects, requestsToCard, requestWanted } from './requests.ts';
import { evolveOperation, isTooLate, operationIsOpen, type Operation } from './state.ts';
import { waitsUntil, waitsWithApproval } from './turn.ts';

/** A change to production: planned, approved, carried out, verified. */
export const operationKind: StreamKind<Operation, OperationIntent, OperationEvent> = {
  name: 'operation',
  decide: decideAndTell,
  evolve: evolveOperation,
  effects: operationEffects,
  wakeAt: operationWakeAt,
  alias: (state) => (operationIsOpen(state) ? state.id : undefined),
  rank: () => '',
  wanted: operationWants,
};

function operationWakeAt(state: Operation): Instant | undefined {
  if (state.status === 'awaiting-approval') return state.expiresAt;
  return waitsWithApproval(state) ? waitsUntil(state) : undefined;
}

/**
 * What everybody in the conversation of its incident should hear: an operation is over, or will not come after all. That
 * one is asked for they see by its card, a new message in the same conversation; what an edited card says, nobody is
 * notified of.
 */
const loudEvents: readonly OperationEvent['type'][] = [
  'operation.rejected',
  'operation.expired',
  'operation.voided',
  'operation.finished',
  'operation.settled',
];

/** Whatever happens to an operation also belongs into the timeline of its incident. */
function decideAndTell(
  state: Operation | undefined,
  message: Message<OperationIntent>,
  context: Context,
): Decision<OperationEvent> {
  const decision = decideOperation(state, message, context);
  const events = decision.events.map((event) =>
    event.type === 'request.refused' ? voiced(event, state?.refusals, message.by, message.at) : event,
  );
  const notes = events.flatMap((event): readonly Tell[] => {
    const incident = state?.incident ?? ('incident' in event ? event.incident : undefined);
    if (incident === undefined) return [];
    const to = { kind: 'incident', id: incident } as const;
    if (event.type === 'request.refused')
      return event.quiet ? [] : [{ to, intent: { type: 'incident.note-refusal', refusal: event } }];
    const recorded: Recorded<OperationEvent> = { ...event, seq: 0, at: message.at, by: message.by };
    const text = describeOperationEvent(recorded);
    const progress = progressOf(event);
    if (text === undefined || progress === undefined) return [];
    const loud = loudEvents.includes(event.type);
    const left = 'left' in event && event.left.length > 0 ? { left: event.left } : {};
    const plan = event.type === 'operation.planned' ? event.plan : state?.plan;
    const kind = plan?.kind === 'promote' ? { kind: plan.kind } : {};
    const concerns = state && event.type === 'operation.rejected' ? { concerns: asker(state) } : {};
    const untouched =
      event.type === 'operation.finished' && !event.touched ? { untouched: true as const } : {};
    const note = { operation: context.id, progress, text, loud, ...left, ...concerns, ...kind, ...untouched };
    return [{ to, intent: { type: 'incident.note-operation', ...note } }];
  });
  // Notes first: what the tells set going happens after this, and reads so.
  return { events, tells: [...notes, ...decision.tells] };
}

function operationEffects(
  state: Operation,
  event: Recorded<OperationEvent>,
  policies: Policies,
): readonly Effect[] {
  if (event.type === 'card.posted') return requestsToCard(state, event);
  if (event.type === 'request.refused' && event.quiet) return [];
  if (event.type === 'recheck.requested') return [];
  const { conversation, severity } = state;
  const card: Effect = { type: 'slack.card', conversation, severity };
  // Where everybody sees the plan, it says who could not be asked.
  if (event.type === 'card.failed') return 'card' in event ? [card] : [shout(state, event, policies)];
  if (event.type === 'step.started') {
    const deadline = state.plan.steps[event.step]?.deadline ?? 0;
    return [{ type: 'step.run', step: event.step, deadline }, card];
  }
  const text = describeOperationEvent(event);
  // With an incident, its thread tells the story; without one, the plan's own thread does.
  const tellHere = state.incident === undefined && text !== undefined && event.type !== 'operation.planned';
  const requests = requestEffects(state, event);
  if (!tellHere) return [card, ...requests];
  const said = { type: 'slack.thread', conversation, text, at: event.at, severity } as const;
  const rings = isForAsker(state, event) ? { rings: mentionOf(asker(state), policies) } : {};
  return [card, ...requests, { ...said, broadcast: isForEverybody(event), ...rings }];
}

/** Somebody has to see to it: without an incident, nobody would look into that thread by themselves. */
function isForEverybody(event: OperationEvent): boolean {
  if (event.type !== 'operation.finished') return false;
  const { outcome, left, stoppedBy, touched, yieldedTo } = event;
  switch (outcome) {
    case 'unknown':
      return true;
    case 'done':
      return left.length > 0;
    case 'failed':
      // Whoever had it stopped knows, and the rollback that it made way for sees to the rest.
      return stoppedBy === undefined || (touched && yieldedTo === undefined);
    default:
      return outcome satisfies never;
  }
}

/** Whoever asked would wait in vain, and did not do it themselves. */
function isForAsker({ requestedBy }: Operation, event: Recorded<OperationEvent>): boolean {
  switch (event.type) {
    case 'operation.rejected':
    case 'operation.expired':
    case 'operation.voided':
      return true;
    case 'operation.settled':
      return !isSamePerson(event.by, requestedBy);
    case 'operation.finished':
      return isForEverybody(event) || (event.outcome === 'failed' && event.stoppedBy !== requestedBy.name);
    default:
      return false;
  }
}

/** Whoever asked waits for the answer, and would hear a no from nobody. */
function asker({ requestedBy }: Operation): Mentioned {
  const person = requestedBy.kind === 'person' ? requestedBy.person : undefined;
  return { name: requestedBy.name, person };
}

/** The first step may begin only in time, and not when something has come up since its channel was asked. */
function operationWants(state: Operation, effect: Effect, now: Instant, begun = false): Wanted {
  // What may be at work out there is followed to its end.
  if (effect.type !== 'step.run') return requestWanted(state, effect, begun);
  if (begun) return { wanted: true };
  const { status, executeBefore = 0, aborting, recheck } = state;
  if (status !== 'running') return { wanted: false, why: `${state.id} has ended (${status})` };
  if (aborting !== undefined && !state.verified) return { wanted: false, why: `Stopped by ${aborting}.` };
  if (effect.step > 0) return { wanted: true };
  if (isTooLate(state, now))
    return { wanted: false, why: `It was approved, but could not begin by ${sayMoment(executeBefore)}.` };
  return recheck === undefined ? { wanted: true } : { wanted: false, why: recheck };
}

/** Nobody can approve what nobody sees: the emergency conversation may work. */
function shout(state: Operation, event: Recorded<OperationEvent>, { notifications }: Policies): Effect {
  const { id, plan, severity } = state;
  const what = `${id} (${plan.app}/${plan.channel} ${plan.from} → ${plan.to})`;
  return {
    type: 'page.slack',
    person: undefined,
    to: notifications.conversations['emergency'] ?? '',
    text: `${what}: ${describeOperationEvent(event) ?? ''}`,
    severity: severity ?? 'P2',
  };
}
