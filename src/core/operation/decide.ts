import { hasRole, isSamePerson } from '../actor.ts';
import { anyRole, lacksPermission, takesPerson } from '../permission.ts';
import { approvalRuleFor } from '../plan/approval-rule.ts';
import { hashOf, planHash } from '../plan/plan.ts';
import { commandFor } from '../plan/words.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { nothing, type Context, type Decision, type Message, type Tell } from '../stream.ts';
import { sayMoment } from '../time.ts';
import { approversToAsk, countApprovals } from './approvers.ts';
import {
  askSwitch,
  channelOf,
  firstStep,
  moveChannel,
  neverRecorded,
  noteHold,
  progressStep,
  settleStep,
  stopHeld,
} from './carry-out.ts';
import { sayGone } from './describe.ts';
import type { OperationEvent } from './event.ts';
import { freeze, thaw } from './frozen.ts';
import type { OperationIntent } from './intent.ts';
import { outOfDate } from './out-of-date.ts';
import { operationIsOpen, type Operation } from './state.ts';
import {
  askToBegin,
  end,
  lookAgain,
  proceed,
  waitedInVain,
  waitsUntil,
  waitsWithApproval,
  yieldTo,
} from './turn.ts';

type Of<Type extends OperationIntent['type']> = Message<Extract<OperationIntent, { type: Type }>>;

/** What an intent makes happen to an operation. */
export function decideOperation(
  state: Operation | undefined,
  message: Message<OperationIntent>,
  context: Context,
): Decision<OperationEvent> {
  const { intent } = message;
  if (intent.type === 'operation.open') return open(state, { ...message, intent }, context);
  if (!state) return nothing;
  switch (intent.type) {
    case 'operation.approve':
      return approve(state, { ...message, intent }, context);
    case 'operation.reject':
      return reject(state, { ...message, intent });
    case 'operation.abort':
      return abort(state, message);
    case 'operation.settle':
      return settleUnknown(state, { ...message, intent }, context);
    case 'operation.begin':
      return begin(state, context);
    case 'operation.void':
      return state.status === 'approved' ||
        (state.status === 'awaiting-approval' && state.waitsFor !== undefined)
        ? end(state, { type: 'operation.voided', why: intent.why })
        : nothing;
    case 'operation.look-again':
      return lookAgain(state, intent.why);
    case 'operation.yield':
      return yieldTo(state, { ...message, intent });
    case 'operation.proceed':
      return proceed(state, message);
    case 'operation.freeze':
      return freeze(state, intent);
    case 'operation.thaw':
      return thaw(state, { ...message, intent });
    case 'clock.tick':
      return intent.restored ? outOfDate(state, intent.restored.from) : expire(state, message);
    case 'effect.settled':
      return settleStep(state, intent, message.at);
    case 'effect.progressed':
      return progressStep(state, intent);
    default:
      return intent satisfies never;
  }
}

function open(
  state: Operation | undefined,
  message: Of<'operation.open'>,
  { id, policies }: Context,
): Decision<OperationEvent> {
  if (state) throw new Error(`${id} is open already`);
  const { plan, rule, incident, severity, service, besides, conversation, waitsFor } = message.intent;
  const hash = planHash(plan, rule);
  const expiresAt = message.at + rule.expires_after;
  const request = { ...plan, service, severity, rule, requestedBy: message.by };
  const asks = rule.approvals > 0 ? approversToAsk(request, policies, message.at) : undefined;
  const planned: OperationEvent = {
    type: 'operation.planned',
    plan,
    hash,
    rule,
    incident,
    severity,
    conversation,
    expiresAt,
    ...(besides === undefined ? {} : { besides }),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(asks === undefined ? {} : { asks }),
  };
  if (rule.approvals > 0) return { events: [planned], tells: [askSwitch(id, plan, false)] };
  const approved: OperationEvent = {
    type: 'operation.approved',
    executeBefore: message.at + rule.execute_within,
    waitsFor,
  };
  // The switch lets it begin, or holds it.
  return { events: [planned, approved], tells: [askSwitch(id, plan, true)] };
}

function approve(
  state: Operation,
  message: Of<'operation.approve'>,
  context: Context,
): Decision<OperationEvent> {
  const { by, at, intent } = message;
  const what = `approve ${state.id}`;
  const tooLate = notAwaiting(state, at, what);
  if (tooLate) return refused(tooLate);
  if (intent.hash !== state.hash) return refused(otherPlan(state, what));
  // Whoever asked hears this, and not which role they lack: no role would help.
  if (isSamePerson(by, state.requestedBy)) {
    return refused(
      refuse(
        'self-approval',
        what,
        `Nobody approves what they asked for themselves; it takes somebody else with the role ${state.rule.roles.join(' or ')}.`,
      ),
    );
  }
  const lacking = takesPerson(by, what) ?? lacksPermission(by, state.rule.roles, what);
  if (lacking) return refused(lacking);
  if (by.kind !== 'person' || by.person === undefined) return nothing;
  const { person, name } = by;
  if (state.approvals.some((approval) => isSamePerson(by, approval.by))) {
    return refused(refuse('already-voted', what, `${name} has approved already; a person counts once.`));
  }
  const changed = ruleChanged(state, context);
  if (changed !== undefined) return end(state, { type: 'operation.voided', why: changed });

  const needed = state.rule.approvals;
  const { counted, gone } = countApprovals(state, context.policies);
  const count = counted.length + 1;
  const said =
    gone.length === 0 ? {} : { gone: gone.map((each) => ({ person: each.person, name: each.name })) };
  const given: OperationEvent = { type: 'approval.given', person, name, count, needed, ...said };
  if (count < needed) return { events: [given], tells: [] };
  const approved: OperationEvent = {
    type: 'operation.approved',
    executeBefore: at + state.rule.execute_within,
    waitsFor: state.waitsFor,
    ...(state.frozen && { frozen: true }),
  };
  const { id, plan, frozen } = state;
  const next = frozen ? [noteHold(state, false, true), askSwitch(id, plan, true)] : [askToBegin(id, plan)];
  return { events: [given, approved], tells: next };
}

/** The channel is as the plan expects. Its approval may have waited for hours, and is looked at again, too. */
function begin(state: Operation, context: Context): Decision<OperationEvent> {
  if (state.status !== 'approved') return nothing;
  const why = ruleChanged(state, context) ?? approverGone(state, context);
  return why === undefined
    ? { events: [{ type: 'operation.begun' }, firstStep(state)], tells: [] }
    : end(state, { type: 'operation.voided', why });
}

function reject(state: Operation, message: Of<'operation.reject'>): Decision<OperationEvent> {
  const what = `reject ${state.id}`;
  const tooLate = notAwaiting(state, message.at, what);
  if (tooLate) return refused(tooLate);
  if (message.intent.hash !== state.hash) return refused(otherPlan(state, what));
  const { reason } = message.intent;
  const said = { name: message.by.name, ...(reason === undefined ? {} : { reason }) };
  if (isSamePerson(message.by, state.requestedBy))
    return end(state, { type: 'operation.withdrawn', ...said });
  const lacking = lacksPermission(message.by, state.rule.roles, what);
  if (lacking) return refused(lacking);
  return end(state, { type: 'operation.rejected', ...said });
}

function abort(state: Operation, { by }: Message<OperationIntent>): Decision<OperationEvent> {
  const what = `stop ${state.id}`;
  const waits = state.status === 'awaiting-approval' || waitsWithApproval(state);
  if (state.status === 'unknown') {
    const settle = `/operation settle ${state.id} <done|failed> <reason>`;
    const why = `Nobody knows how ${state.id} ended, and no further step of it begins. Look, and say so on its card, or by ${settle}.`;
    return refused(refuse('not-open', what, why));
  }
  if (!waits && state.status !== 'running') {
    return refused(
      refuse('not-open', what, `${state.id} has ended (${state.status}); there is nothing to stop.`),
    );
  }
  // What is held would keep the channel for as long as production is frozen.
  if (state.verified && state.held === undefined) {
    return refused(
      refuse(
        'too-late',
        what,
        `${state.plan.to} is live and verified; what still runs only records it elsewhere.`,
      ),
    );
  }
  // Stopping is safe: the person who asked may always do it, and so may whoever could have approved.
  const may = isSamePerson(by, state.requestedBy) || hasRole(by, state.rule.roles);
  if (!may) {
    const lacking = lacksPermission(by, state.rule.roles, what);
    if (lacking) return refused(lacking);
  }
  if (waits) return end(state, { type: 'operation.withdrawn', name: by.name });
  if (state.aborting !== undefined && state.held === undefined) {
    return refused(
      refuse(
        'no-change',
        what,
        `${state.aborting} has asked for that already; the step that runs is asked to stop where it can be, and waited for.`,
      ),
    );
  }
  const stopped = { type: 'abort.requested', name: by.name } as const;
  return state.held === undefined ? { events: [stopped], tells: [] } : stopHeld(state, stopped);
}

/** Nobody could know how it ended; now somebody has looked. */
function settleUnknown(
  state: Operation,
  message: Of<'operation.settle'>,
  { policies }: Context,
): Decision<OperationEvent> {
  const { outcome, why } = message.intent;
  const what = `settle ${state.id} as ${outcome}`;
  if (state.status !== 'unknown') {
    return refused(refuse('not-open', what, `The outcome of ${state.id} is known: ${state.status}.`));
  }
  // Where nobody holds such a role (any more), somebody still has to be able to free the channel.
  const held = Object.values(policies.roster.people).some(({ roles }) =>
    roles.some((role) => state.rule.roles.includes(role)),
  );
  const lacking =
    takesPerson(message.by, what) ?? lacksPermission(message.by, held ? state.rule.roles : anyRole, what);
  if (lacking) return refused(lacking);
  const left = outcome === 'done' ? neverRecorded(state) : [];
  const settled: OperationEvent = { type: 'operation.settled', outcome, name: message.by.name, why, left };
  const to = channelOf(state);
  const tells: readonly Tell[] = [
    ...(outcome === 'done' && !state.verified ? [moveChannel(state)] : []),
    { to, intent: { type: 'channel.release', operation: state.id, outcome, touched: true, why } },
  ];
  return { events: [settled], tells };
}

/** Its expiry, or the deadline for beginning after approval, has come. */
function expire(state: Operation, { at }: Message<OperationIntent>): Decision<OperationEvent> {
  if (state.status === 'awaiting-approval' && state.expiresAt <= at) {
    const { approvals } = state;
    const got = `${approvals.length} of ${state.rule.approvals} approvals by ${sayMoment(state.expiresAt)}`;
    return end(state, { type: 'operation.expired', why: `It had ${got}. Ask again if it is still wanted.` });
  }
  return waitsWithApproval(state) && waitsUntil(state) <= at ? waitedInVain(state) : nothing;
}

function notAwaiting(state: Operation, at: number, what: string): Refusal | undefined {
  if (state.status !== 'awaiting-approval') {
    const open = operationIsOpen(state) ? 'has been approved' : `has ended (${state.status})`;
    return refuse('not-open', what, `${state.id} ${open}; what you saw is no longer valid.`);
  }
  // The clock of this decision counts, not the moment when the timer gets round to saying it.
  if (at >= state.expiresAt) {
    return refuse(
      'too-late',
      what,
      `${state.id} expired at ${sayMoment(state.expiresAt)}. Ask for a new one: ${commandFor(state.plan)}.`,
    );
  }
  return undefined;
}

function otherPlan(state: Operation, what: string): Refusal {
  return refuse(
    'plan-changed',
    what,
    `What you saw belongs to another plan than the one of ${state.id}. Look at its card again, or at /operation show ${state.id}.`,
  );
}

/** An approval is given under a rule; when the rule is another one now, nobody has approved anything. */
function ruleChanged(state: Operation, { policies }: Context): string | undefined {
  const { app, channel } = state.plan;
  const now = approvalRuleFor(policies.approvals, `${app}/${channel}`, state.severity);
  return hashOf(now) === hashOf(state.rule)
    ? undefined
    : 'The approval rule in approvals.yml has changed since this was planned. Ask for it again.';
}

/** Whoever has left, or lost the role, has approved nothing any more. */
function approverGone(state: Operation, { policies }: Context): string | undefined {
  const { counted, gone } = countApprovals(state, policies);
  return counted.length >= state.rule.approvals ? undefined : `${sayGone(gone)} Ask for it again.`;
}

function refused(refusal: Refusal): Decision<OperationEvent> {
  return { events: [refusal], tells: [] };
}
