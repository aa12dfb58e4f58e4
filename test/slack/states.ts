import type { Actor } from '../../src/core/actor.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Operation, StepState } from '../../src/core/operation/state.ts';

export const minute = 60_000;
/** When the alert fired. */
export const start = Date.parse('2026-11-22T03:04:00Z');

export const ana: Actor = {
  kind: 'person',
  person: 'ana',
  name: 'Ana Ruiz',
  roles: ['responder'],
  via: 'slack',
};

const rung = (after: number, ...page: Incident['ladder']['rungs'][number]['page']) => ({ after, page });

export function incident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 'INC-3',
    title: 'Checkout fails for 8 % of customers',
    severity: 'P1',
    service: 'checkout',
    serviceTitle: 'Checkout',
    app: 'shop',
    channel: 'stable',
    conversation: 'C0INCIDENTS',
    emergency: 'C0EMERGENCY',
    rotation: 'shop',
    clocks: {
      acknowledgeWithin: 15 * minute,
      rollbackStartWithin: 30 * minute,
      rollbackBudget: 15 * minute,
      resolveWithin: 120 * minute,
      acknowledgedFor: 30 * minute,
    },
    ladder: {
      rungs: [
        rung(0, { on_call: 'primary', by: ['pagerduty', 'slack'] }),
        rung(5 * minute, { on_call: 'secondary', by: ['pagerduty'] }, { conversation: 'incidents' }),
        rung(10 * minute, { person: 'lena', by: ['mail'] }, { mail_group: 'managers' }),
      ],
      at_end: { repeat_from: 1, times: 1, then_every: 10 * minute },
    },
    openedAt: start,
    status: 'triggered',
    acknowledged: undefined,
    firstAcknowledgedAt: undefined,
    resolved: undefined,
    firing: {
      a: {
        title: 'CheckoutErrors',
        summary: '5xx at 8 % for 3m',
        severity: 'P1',
        url: 'https://grafana.example/a',
      },
    },
    alertsResolved: 0,
    cleared: false,
    nextCall: { rung: 2, round: 1, at: start + 5 * minute },
    lastCall: {
      rung: 1,
      round: 1,
      pages: [
        { person: 'ana', name: 'Ana Ruiz', by: 'pagerduty', to: ['Checkout'] },
        { person: 'ana', name: 'Ana Ruiz', by: 'slack', to: ['U0ANA'] },
      ],
    },
    pagerdutyKeys: [],
    pagesPlanned: 3,
    pagesDelivered: 2,
    missedClocks: [],
    clocksSince: start,
    suspect: { live: '1.5.0', liveSince: start - 12 * minute, lastGood: '1.4.2' },
    operations: {},
    rollbackStartedAt: undefined,
    clearedAt: undefined,
    declared: false,
    cardTrouble: undefined,
    card: undefined,
    ...changes,
  };
}

export function step(changes: Partial<StepState> = {}): StepState {
  return {
    status: 'waiting',
    startedAt: undefined,
    endedAt: undefined,
    note: '',
    url: undefined,
    ...changes,
  };
}

export function operation(changes: Partial<Operation> = {}): Operation {
  const planned = { deadline: 10 * minute, with: {} };
  return {
    id: 'OP-7',
    plan: {
      kind: 'rollback',
      app: 'shop',
      channel: 'stable',
      from: '1.5.0',
      to: '1.4.2',
      reason: '5xx on checkout since the release',
      steps: [
        { ...planned, uses: 'github-workflow', title: 'Deploy 1.4.2', phase: 'execute', target: 2 * minute },
        { ...planned, uses: 'health', title: 'Check that it is well', phase: 'verify', target: minute },
        {
          ...planned,
          uses: 'sentry-release',
          title: 'Archive 1.5.0 in Sentry',
          phase: 'record',
          target: 10_000,
        },
      ],
    },
    hash: '0123456789abcdef',
    rule: {
      channels: ['*/stable'],
      approvals: 1,
      roles: ['approver', 'lead'],
      expires_after: 15 * minute,
      execute_within: 10 * minute,
    },
    incident: 'INC-3',
    severity: 'P1',
    conversation: 'C0INCIDENTS',
    requestedBy: ana,
    requestedAt: start + 3 * minute,
    expiresAt: start + 18 * minute,
    status: 'awaiting-approval',
    approvals: [],
    executeBefore: undefined,
    begunAt: undefined,
    endedAt: undefined,
    steps: [step(), step(), step()],
    verified: false,
    aborting: undefined,
    why: '',
    cardTrouble: undefined,
    card: undefined,
    ...changes,
  };
}
