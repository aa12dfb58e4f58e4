import { sayActor } from '../actor.ts';
import { answer, type Answer } from '../answer.ts';
import { sayFreeze } from '../freeze/state.ts';
import type { Policies } from '../policies/policies.ts';
import { cautionOf } from '../plan/words.ts';
import { sayDuration, sayMoment } from '../time.ts';
import { countApprovals, mayApprove } from './approvers.ts';
import { mayHaveToWait } from './frozen.ts';
import { sayIncidents } from './describe.ts';
import { sayRequests } from './requests.ts';
import { mayBeStopped, operationIsOpen, type Operation } from './state.ts';

/** An operation in words, where no card can be looked at: its plan, how far it is, and what may be done about it. */
export function showOperation(operation: Operation, policies: Policies): Answer {
  const { id, plan, steps } = operation;
  const caution = cautionOf(plan);
  const about = sayIncidents(operation);
  const asked = `Asked by ${sayActor(operation.requestedBy)} at ${sayMoment(operation.requestedAt)}: ${plan.reason}`;
  const lines = [
    ...(caution === undefined ? [] : [`⚠️ ${caution}.`]),
    ...(operation.frozen && mayHaveToWait(operation)
      ? [`🧊 ${sayFreeze(operation.frozen)}`, 'No step of it begins until two people have lifted that.']
      : []),
    about === undefined ? asked : `${asked} — ${about}`,
    ...(operation.why === '' ? [] : [operation.why]),
    ...operation.approvals.map(({ name, at }) => `Approved by ${name} at ${sayMoment(at)}`),
    ...plan.steps.map(({ title, uses, deadline }, index) => {
      const { status = 'waiting', note = '', url } = steps[index] ?? {};
      const tail = [note, url ?? ''].filter((part) => part !== '').map((part) => ` · ${part}`);
      return `${index + 1}. ${title} (${uses}, ${sayDuration(deadline)} at most): ${status}${tail.join('')}`;
    }),
    ...whatNow(operation, policies),
  ];
  return answer('info', `${id}: ${sayOperation(operation)}`, ...lines);
}

/** `rollback of shop/stable 1.5.0 → 1.4.2, awaiting approval`, `promotion from canary to shop/stable 1.5.0 → 1.6.0, done` */
export function sayOperation({ plan, status }: Operation): string {
  const kind = plan.kind === 'rollback' ? 'rollback of' : `promotion from ${plan.source} to`;
  return `${kind} ${plan.app}/${plan.channel} ${plan.from} → ${plan.to}, ${status.replaceAll('-', ' ')}`;
}

function whatNow(operation: Operation, policies: Policies): readonly string[] {
  const { id, hash, rule, status } = operation;
  if (status === 'awaiting-approval') {
    return [
      `Waits for approval, ${countApprovals(operation, policies).counted.length} of ${rule.approvals} so far, until ${sayMoment(operation.expiresAt)}. May approve: ${sayWhoMay(operation, policies)}.`,
      ...sayRequests(operation),
      `Plan ${hash}. If it is what you want: /operation approve ${id} ${hash}`,
      `If it is not: /operation reject ${id} ${hash}`,
    ];
  }
  if (mayBeStopped(operation)) return [`Plan ${hash}. To have no further step begin: /operation abort ${id}`];
  if (status === 'unknown') {
    return [
      'The channel stays locked until somebody has looked and says how it ended.',
      `Plan ${hash}. To say so: /operation settle ${id} <done|failed> <reason>`,
    ];
  }
  return operationIsOpen(operation) && operation.aborting !== undefined
    ? [`Plan ${hash}. ${operation.aborting} asked to stop: no further step begins.`]
    : [`Plan ${hash}.`];
}

/** People by name, since at 3 am one of them has to be called. */
function sayWhoMay({ rule, requestedBy, approvals }: Operation, { roster }: Policies): string {
  const used = [requestedBy, ...approvals.map(({ by }) => by)];
  const names = mayApprove(roster, rule.roles, used).map(([, { name }]) => name);
  return names.length === 0 ? `nobody; it takes the role ${rule.roles.join(' or ')}` : names.join(', ');
}
