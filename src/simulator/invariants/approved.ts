import { isSamePerson } from '../../core/actor.ts';
import type { OperationEvent } from '../../core/operation/event.ts';
import { planHash } from '../../core/plan/plan.ts';
import type { Invariant } from './invariant.ts';

export const approved: Invariant = {
  name: 'nothing changes production without valid approvals of that very plan',
  watch: ({ database, ledger }, broken) => ({
    begins: (_process, { operation, id }) => {
      const events = database.events.get(operation) ?? [];
      const all = events.map(({ data, by, at }) => ({ event: data as OperationEvent, by, at }));
      const planned = all.find(({ event }) => event.type === 'operation.planned');
      if (planned?.event.type !== 'operation.planned')
        return broken(`${id} begins, and ${operation} has no plan`);
      const { plan, rule, hash, expiresAt } = planned.event;
      if (planHash(plan, rule) !== hash) broken(`the hash of ${operation} is not the one of its plan`);
      const approvals = all.filter(({ event }) => event.type === 'approval.given');
      const people = new Set<string>();
      for (const { event, by, at } of approvals) {
        if (event.type !== 'approval.given') continue;
        for (const { person } of event.gone ?? []) people.delete(person);
        people.add(event.person);
        if (isSamePerson(by, planned.by))
          broken(`${event.name} approved what they had asked for: ${operation}`);
        if (by.kind !== 'person' || !by.roles.some((role) => rule.roles.includes(role)))
          broken(`${event.name} may not approve ${operation}`);
        if (at >= expiresAt) broken(`${operation} was approved when it had expired`);
        const meant = ledger.votes.some(
          (vote) => vote.person === event.person && vote.operation === operation && vote.hash === hash,
        );
        if (!meant) broken(`${event.name} never said that this plan of ${operation} was all right`);
      }
      if (people.size < rule.approvals)
        broken(`${operation} begins with ${people.size} of ${rule.approvals} approvals`);
      const over = all.find(({ event }) => overBy.includes(event.type));
      if (over) broken(`${id} begins after ${over.event.type}`);
    },
  }),
};

const overBy: readonly OperationEvent['type'][] = [
  'operation.rejected',
  'operation.withdrawn',
  'operation.expired',
  'operation.voided',
  'operation.finished',
  'operation.settled',
];
