import { expect, it } from 'vitest';
import type { Policies } from '../../src/core/policies/policies.ts';
import { opened } from '../support/alerts.ts';
import { ana, minute, policies } from '../support/given.ts';

const at_end = { repeat_from: 1, times: 1, then_every: 30 * minute };

/** A P0 calls those on call, and at this moment there is nobody; a P2 calls a conversation. */
const nobodyOnCall: Policies = {
  ...policies,
  roster: { ...policies.roster, rotations: {} },
  escalation: {
    policies: Object.fromEntries(
      Object.entries(policies.escalation.policies).map(([name, ladders]) => [
        name,
        {
          ...ladders,
          P0: { rungs: [{ after: 0, page: [{ on_call: 'primary', by: ['slack'] }] }], at_end },
          P2: { rungs: [{ after: 0, page: [{ conversation: 'incidents' }] }], at_end },
        },
      ]),
    ),
  },
};

it('with nobody on any rung the last resort is called at once', () => {
  expect(opened('P0', nobodyOnCall).log.map(({ type }) => type)).toContain('rung.fired');
});

it('also when it became worse, and somebody was called while it was not as bad', () => {
  const mild = opened('P2', nobodyOnCall);
  expect(mild.log.map(({ type }) => type)).toContain('rung.fired');

  const raised = mild.when(
    { type: 'incident.set-severity', severity: 'P0', reason: 'nobody can pay' },
    { at: minute, by: ana, policies: nobodyOnCall },
  );
  expect(raised.events.map(({ type }) => type)).toContain('rung.fired');
});
