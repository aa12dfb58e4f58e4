import { expect, it } from 'vitest';
import { isSamePerson, sayActor, type Actor } from '../../src/core/actor.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import type { OperationStatus } from '../../src/core/operation/state.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { opened } from '../support/alerts.ts';
import { ana, ben, given, person, policies } from '../support/given.ts';
import { approvals, asked, stepSettled } from '../support/rollback.ts';

/** It has every role, and stands for nobody. */
const ci: Actor = { kind: 'token', name: 'ci', roles: ['responder', 'approver', 'lead'], via: 'api' };
const reader: Actor = { kind: 'token', name: 'grafana', roles: ['reader'], via: 'api' };

const approve: OperationIntent = { type: 'operation.approve', hash: asked().state.hash };

it('asks for a rollback', () => {
  given(channelKind)
    .when({ type: 'channel.set', version: '1.4.2', reason: 'released' }, { by: ana })
    .when({ type: 'channel.set', version: '1.5.0', reason: 'released' }, { by: ana })
    .when({ type: 'rollback.request', target: { version: '1.4.2' }, reason: 'smoke test' }, { by: ci })
    .leadsTo({ events: ['channel.locked'] });
});

it('never approves: neither what others asked for, nor what it asked for itself', () => {
  asked()
    .when(approve, { by: ci })
    .leadsTo({ events: [{ type: 'request.refused', code: 'person-needed' }] });
  asked(policies, ci)
    .when(approve, { by: ci })
    .leadsTo({ events: [{ type: 'request.refused', code: 'self-approval' }] });
});

it('counts as nobody where two approvals are needed', () => {
  const two = asked(approvals(2));
  const vote: OperationIntent = { type: 'operation.approve', hash: two.state.hash };
  two
    .when(vote, { by: ben, policies: approvals(2) })
    .when(vote, { by: ci, policies: approvals(2) })
    .leadsTo({ events: [{ type: 'request.refused', code: 'person-needed' }] });
});

it('rejects and stops, since that is safe, and takes back what it asked for', () => {
  const reject: OperationIntent = { ...approve, type: 'operation.reject' };
  asked()
    .when(reject, { by: ci })
    .leadsTo({ events: ['operation.rejected'] });
  asked(policies, ci)
    .when(reject, { by: ci })
    .leadsTo({ events: ['operation.withdrawn'] });
  asked()
    .when({ type: 'operation.abort' }, { by: ci })
    .leadsTo({ events: ['operation.withdrawn'] });
});

it('has not looked: it does not say how an operation of unknown outcome ended', () => {
  const unknown = asked()
    .when(approve, { by: ben })
    .when({ type: 'operation.begin' })
    .when(stepSettled(0, { status: 'unknown', why: 'GitHub is gone' }));
  expect(unknown.state.status).toBe<OperationStatus>('unknown');
  unknown
    .when({ type: 'operation.settle', outcome: 'done', why: 'I guess' }, { by: ci })
    .leadsTo({ events: [{ type: 'request.refused', code: 'person-needed' }] });
});

it('has no incident: the ladder goes on until a person has it', () => {
  const incident = given(incidentKind, ...opened('P0').log);
  incident
    .when({ type: 'incident.acknowledge' }, { by: ci })
    .leadsTo({ events: [{ type: 'request.refused', code: 'person-needed' }] });
});

it('that only reads changes nothing', () => {
  asked()
    .when({ type: 'operation.abort' }, { by: reader })
    .leadsTo({
      events: [
        {
          type: 'request.refused',
          code: 'role-missing',
          why: 'This takes the role approver or lead; grafana has reader. Roles of tokens are in API_TOKENS.',
        },
      ],
    });
});

it('of a person, which gives less than the roster does, is why a role is missing', () => {
  const laptop: Actor = {
    kind: 'person',
    person: 'ben',
    account: 'token ben-phone',
    name: 'Ben Okafor',
    roles: [],
    narrowed: true,
    via: 'api',
  };
  const why =
    'This takes the role approver or lead; Ben Okafor has none. The roster gives more, and this token does not: its roles are in API_TOKENS.';
  asked()
    .when(approve, { by: laptop })
    .leadsTo({ events: [{ type: 'request.refused', code: 'role-missing', why }] });
});

it('is told from others by its name, and from people always', () => {
  expect(sayActor(ci)).toBe('ci (api)');
  expect(isSamePerson(ci, { ...ci, roles: [], via: 'terminal' })).toBe(true);
  expect(isSamePerson(ci, reader)).toBe(false);
  expect(isSamePerson(ci, person('ci', 'ci'))).toBe(false);
  expect(isSamePerson(ana, ci)).toBe(false);
});

it('of a person is that person, whichever token or account they use', () => {
  const laptop: Actor = {
    kind: 'person',
    person: 'ana',
    account: 'token ana-laptop',
    name: 'Ana',
    roles: [],
    via: 'api',
  };
  const slack: Actor = { ...laptop, account: 'slack U0ANA', via: 'slack' };
  expect(isSamePerson(laptop, slack)).toBe(true);
  asked(policies, slack)
    .when(approve, { by: { ...laptop, roles: ['approver'] } })
    .leadsTo({ events: [{ type: 'request.refused', code: 'self-approval' }] });
});
