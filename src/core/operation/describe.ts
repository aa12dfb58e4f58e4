import { sayActor } from '../actor.ts';
import type { OperationProgress } from '../incident/event.ts';
import { sayRefusal } from '../refusals.ts';
import { sentence } from '../sentence.ts';
import type { Recorded } from '../stream.ts';
import { cautionOf, sayOverride, sayPlan } from '../plan/words.ts';
import { sayMoment } from '../time.ts';
import { sayFreeze } from '../freeze/state.ts';
import { sayAsked } from './approvers.ts';
import type { OperationEvent } from './event.ts';
import type { Operation } from './state.ts';

/** Of the incidents that an operation does not belong to. */
const mostNamed = 5;

/** One line of the timeline, in plain text; undefined for what no reader of a timeline misses. */
export function describeOperationEvent(event: Recorded<OperationEvent>): string | undefined {
  switch (event.type) {
    case 'operation.planned': {
      const { plan, rule } = event;
      const asks =
        rule.approvals === 0
          ? 'no approval needed'
          : `needs ${rule.approvals} ${rule.approvals === 1 ? 'approval' : 'approvals'} (${rule.roles.join(' or ')}) until ${sayMoment(event.expiresAt)}`;
      const override = sayOverride(plan);
      const caution = cautionOf(plan);
      const waits =
        event.waitsFor === undefined
          ? ''
          : ` It begins as soon as ${event.waitsFor}, a promotion, has let go of the channel.`;
      const belongs = event.besides === undefined ? '' : ` It is for ${sayIncidents(event) ?? ''}.`;
      return `${sayActor(event.by)} asks to ${sayPlan(plan)}: ${plan.reason} — ${asks}.${sayAsks(event)}${belongs}${override === undefined ? '' : ` ${override}.`}${caution === undefined ? '' : ` ⚠️ ${caution}.`}${waits}`;
    }
    case 'approval.given':
      return `Approved by ${sayActor(event.by)}, ${event.count} of ${event.needed}.${event.gone === undefined ? '' : ` ${sayGone(event.gone)}`}`;
    case 'operation.approved':
      return sayWaits(event);
    case 'operation.frozen':
      return `${sayFreeze(event)}. ${sayWhatWaits(event)} until two people have lifted that.`;
    case 'operation.thawed':
      return `Production is no longer frozen${event.lifted.length === 0 ? '' : `: lifted by ${event.lifted.join(' and ')}`}.`;
    case 'step.held':
      return event.why === undefined
        ? `Held before step ${event.step + 1}: ${event.title}. Production is frozen.`
        : `Had not begun yet, and asks again whether it may. ${event.why}`;
    case 'operation.unblocked':
      return `${event.from} has let go of the channel.`;
    case 'operation.rejected':
      return `Rejected by ${sayActor(event.by)}${because(event)} Nothing was changed.`;
    case 'operation.withdrawn':
      return `Withdrawn by ${sayActor(event.by)}${because(event)} Nothing was changed.`;
    case 'operation.expired':
      return `Expired. ${event.why} Nothing was changed.`;
    case 'operation.voided':
      return `Void: ${event.why} Nothing was changed.`;
    case 'operation.begun':
      return 'Started.';
    case 'recheck.requested':
    case 'step.started':
    case 'step.progressed':
      // The card shows what runs; a line for what has ended is enough.
      return undefined;
    case 'step.done':
      return `Step ${event.step + 1} done: ${event.title}${tail(event)}`;
    case 'step.failed':
      return `Step ${event.step + 1} FAILED: ${event.title}${tail(event)}`;
    case 'step.unknown':
      return `Step ${event.step + 1}, outcome UNKNOWN: ${event.title}${tail(event)}`;
    case 'operation.verified':
      return 'Verified: the release channel has moved.';
    case 'abort.requested':
      return event.yieldsTo === undefined
        ? `${sayActor(event.by)} asked to stop; no further step begins.`
        : `Makes way for the rollback ${event.yieldsTo} that ${sayActor(event.by)} asks for; no further step begins.`;
    case 'operation.finished':
      return sayFinished(event);
    case 'operation.settled':
      return `${sayActor(event.by)} looked, and says that it ${event.outcome === 'done' ? 'was done' : 'failed'}. ${event.why}`;
    case 'card.posted':
      return undefined;
    case 'card.failed':
      if ('card' in event) return `A request for approval could not be shown: ${event.why}`;
      return `The card with its buttons could not be shown: ${event.why}`;
    case 'request.refused':
      return sayRefusal(event);
    default:
      return event satisfies never;
  }
}

/** `INC-3`; `INC-3 (INC-2 is open on shop/stable, too)`; undefined for what belongs to none. */
export function sayIncidents({
  incident,
  besides = [],
  plan,
}: Pick<Operation, 'incident' | 'besides' | 'plan'>): string | undefined {
  if (incident === undefined || besides.length === 0) return incident;
  const named = besides.slice(0, mostNamed).join(', ');
  const more = besides.length > mostNamed ? ` and ${besides.length - mostNamed} more` : '';
  const are = besides.length === 1 ? 'is' : 'are';
  return `${incident} (${named}${more} ${are} open on ${plan.app}/${plan.channel}, too)`;
}

function sayWhatWaits({ running, held }: Extract<OperationEvent, { type: 'operation.frozen' }>): string {
  if (held) return 'No further step begins';
  return running
    ? 'The step that runs is followed to its end, and no further one begins'
    : 'It may be approved, and does not begin';
}

/** What it waits for once it has been approved; undefined when it begins at once. */
function sayWaits({
  waitsFor,
  frozen,
}: Pick<Extract<OperationEvent, { type: 'operation.approved' }>, 'waitsFor' | 'frozen'>): string | undefined {
  const lifted = 'production is no longer frozen';
  if (waitsFor === undefined) return frozen ? `Held: it begins by itself as soon as ${lifted}.` : undefined;
  return `It begins as soon as ${waitsFor} has let go of the channel${frozen ? ` and ${lifted}` : ''}.`;
}

/** `By roster.yml Ben Okafor may not approve this any more.` */
export function sayGone(gone: readonly { readonly name: string }[]): string {
  return `By roster.yml ${gone.map(({ name }) => name).join(' and ')} may not approve this any more.`;
}

function because({ reason }: { readonly reason?: string }): string {
  return reason === undefined ? '.' : `: ${sentence(reason)}`;
}

function sayAsks({ asks, rule }: Extract<OperationEvent, { type: 'operation.planned' }>): string {
  if (asks === undefined) return '';
  return asks.people.length > 0
    ? ` Asking: ${sayAsked(asks)}.`
    : ` Nobody else in the roster is ${rule.roles.join(' or ')}, so nobody was asked.`;
}

function sayFinished(event: Recorded<Extract<OperationEvent, { type: 'operation.finished' }>>): string {
  switch (event.outcome) {
    case 'done':
      return `Done. ${event.why}`;
    case 'failed':
      if (event.yieldedTo !== undefined && event.stoppedBy !== undefined)
        return `STOPPED. ${event.why} ${event.touched ? `The channel may be between two versions until ${event.yieldedTo} or another rollback is done.` : 'Nothing was changed.'}`;
      return `FAILED. ${event.why} ${event.touched ? 'The channel may be between two versions: look at it, then roll back to what works, or say what is live with /channels set.' : 'Nothing was changed.'}`;
    case 'unknown':
      return `UNKNOWN outcome. ${event.why} The channel stays locked until a person has looked and says how it ended.`;
    default:
      return event.outcome satisfies never;
  }
}

function tail({ note, url }: { readonly note: string; readonly url: string | undefined }): string {
  return `${note === '' ? '' : ` — ${note}`}${url === undefined ? '' : ` ${url}`}`;
}

/** What an event means for the incident that the operation belongs to; undefined: nothing new. */
export function progressOf(event: OperationEvent): OperationProgress | undefined {
  switch (event.type) {
    case 'operation.planned':
    case 'approval.given':
    case 'operation.unblocked':
      return 'open';
    case 'operation.frozen':
      if (event.held) return 'held';
      return event.running ? 'running' : 'open';
    case 'operation.thawed':
      return event.running ? 'running' : 'open';
    case 'step.held':
      return event.step === 0 ? 'open' : 'held';
    case 'operation.begun':
    case 'step.started':
    case 'step.done':
    case 'step.failed':
    case 'step.unknown':
    case 'operation.verified':
    case 'abort.requested':
      return 'running';
    case 'operation.finished':
      return event.stoppedBy === undefined ? event.outcome : 'stopped';
    case 'operation.settled':
      return event.outcome;
    case 'operation.rejected':
    case 'operation.withdrawn':
    case 'operation.expired':
    case 'operation.voided':
      return 'closed';
    case 'operation.approved':
      return event.frozen ? 'open' : undefined;
    case 'recheck.requested':
    case 'step.progressed':
    case 'card.posted':
    case 'card.failed':
    case 'request.refused':
      return undefined;
    default:
      return event satisfies never;
  }
}
