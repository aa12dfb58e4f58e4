import { describe, expect, it } from 'vitest';
import { lastgood, type Actor } from '../../src/core/actor.ts';
import type { OperationEvent } from '../../src/core/operation/event.ts';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { ana, ben, dana, minute, person, policies } from '../support/given.ts';
import { asked, done, stepSettled, type OperationExample } from '../support/rollback.ts';

function running(): OperationExample {
  const open = asked();
  return open
    .when({ type: 'operation.approve', hash: open.state.hash }, { by: ben })
    .when({ type: 'operation.begin' });
}

const deployed = running().when(stepSettled(0, done));
const verified = deployed.when(stepSettled(1, done));
const recorded = verified.when(stepSettled(2, done));

/** What the channel is told. */
function toldChannel({ tells }: OperationExample) {
  return tells.filter(({ to }) => to.kind === 'channel').map(({ intent }) => intent);
}

describe('step by step', () => {
  it('the deployment is followed by its verification', () => {
    deployed.leadsTo({
      events: [
        { type: 'step.done', step: 0, note: 'fine', url: 'https://ci.example/1' },
        { type: 'step.started', step: 1 },
      ],
      effects: ['slack.card', { type: 'step.run', step: 1, deadline: 5 * minute }, 'slack.card'],
    });
    expect(toldChannel(deployed)).toEqual([]);
  });

  it('the channel moves when the verification has passed, before anything is recorded elsewhere', () => {
    verified.leadsTo({
      events: [{ type: 'step.done', step: 1 }, 'operation.verified', { type: 'step.started', step: 2 }],
    });
    expect(toldChannel(verified)).toMatchObject([
      { type: 'channel.move', operation: 'OP-1', version: '1.4.2', actor: 'Ana Ruiz (slack)' },
    ]);
  });

  it('with the last one it is done, and gives the channel back', () => {
    recorded.leadsTo({
      events: [
        { type: 'step.done', step: 2 },
        { type: 'operation.finished', outcome: 'done', left: [] },
      ],
      effects: ['slack.card', 'slack.card'],
    });
    expect(toldChannel(recorded)).toMatchObject([{ type: 'channel.release', outcome: 'done' }]);
    expect(recorded.state.steps.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(operationKind.alias(recorded.state)).toBeUndefined();
  });

  it('its incident hears that it runs, and how it ended', () => {
    const heard = ({ tells }: OperationExample) =>
      tells.flatMap(({ intent }) => (intent.type === 'incident.note-operation' ? intent.progress : []));
    expect(new Set(heard(running()))).toEqual(new Set(['running']));
    expect(new Set(heard(verified))).toEqual(new Set(['running']));
    expect(heard(recorded).at(-1)).toBe('done');
  });

  it('progress is shown when it says something new', () => {
    const progress = (note: string): OperationIntent => ({
      type: 'effect.progressed',
      id: 'OP-1/5.0',
      effect: { type: 'step.run', step: 0, deadline: 0 },
      receipt: { note, url: 'https://ci.example/1' },
    });
    const queued = running().when(progress('queued'));
    queued.leadsTo({ events: [{ type: 'step.progressed', note: 'queued', url: 'https://ci.example/1' }] });
    queued.when(progress('queued')).leadsTo({ events: [] });
    deployed.when(progress('late')).leadsTo({ events: [] });
  });

  it.each(['javascript:alert(1)', 'https://evil|x', 'https://a b', '<https://a>', 'ftp://a'])(
    'what is no link is not shown as one: %s',
    (url) => {
      const { steps } = running().when(stepSettled(0, { status: 'done', receipt: { url } })).state;
      expect(steps[0]?.url).toBeUndefined();
    },
  );
});

describe('a step that certainly began nothing', () => {
  const refused = { status: 'failed', why: 'Bad credentials', begun: false } as const;

  it('leaves no doubt when it is the first one', () => {
    const over = running().when(stepSettled(0, refused));
    expect(toldChannel(over)).toMatchObject([{ type: 'channel.release', outcome: 'failed', touched: false }]);
    expect(over.state).toMatchObject({ status: 'failed', touched: false });
  });

  it('undoes nothing of what the steps before it have changed', () => {
    expect(deployed.when(stepSettled(1, refused)).state).toMatchObject({ status: 'failed', touched: true });
  });
});

describe.each(['failed', 'unknown'] as const)('a step that ends as %s', (status) => {
  const badly = { status, why: 'no answer' };

  it.each([
    ['execute', running(), 0],
    ['verify', deployed, 1],
  ] as const)('ends the operation in its phase %s, and the channel is doubted', (_phase, operation, step) => {
    const over = operation.when(stepSettled(step, badly));
    over.leadsTo({
      events: [
        { type: `step.${status}`, step, note: 'no answer' },
        { type: 'operation.finished', outcome: status, touched: true },
      ],
    });
    expect(toldChannel(over)).toMatchObject([{ type: 'channel.release', outcome: status, touched: true }]);
    expect(over.state).toMatchObject({ status, verified: false });
  });

  it('of a verification leaves the link of the step as it was', () => {
    const linked = running()
      .when({
        type: 'effect.progressed',
        id: 'OP-1/5.0',
        effect: { type: 'step.run', step: 0, deadline: 0 },
        receipt: { note: 'queued', url: 'https://ci.example/1' },
      })
      .when(stepSettled(0, badly));
    expect(linked.state.steps[0]).toMatchObject({ status, url: 'https://ci.example/1' });
  });

  it('while recording does not undo the rollback; what is left is named', () => {
    const over = verified.when(stepSettled(2, badly));
    over.leadsTo({
      events: [
        { type: `step.${status}`, step: 2 },
        { type: 'operation.finished', outcome: 'done', left: ['Mark 1.5.0 as bad in Sentry'] },
      ],
    });
    expect(toldChannel(over)).toMatchObject([{ type: 'channel.release', outcome: 'done' }]);
  });
});

describe('told to stop, an operation', () => {
  const abort: OperationIntent = { type: 'operation.abort' };
  const stopping = running().when(abort, { by: ana });

  it('waits for the step that runs', () => {
    stopping.leadsTo({ events: [{ type: 'abort.requested', name: 'Ana Ruiz' }], effects: ['slack.card'] });
    expect(stopping.state.status).toBe('running');
  });

  it('begins no further step', () => {
    const stopped = stopping.when(stepSettled(0, done));
    stopped.leadsTo({
      events: ['step.done', { type: 'operation.finished', outcome: 'failed', touched: true }],
      effects: ['slack.card', 'slack.card'],
    });
    expect(toldChannel(stopped)).toMatchObject([
      { type: 'channel.release', outcome: 'failed', touched: true },
    ]);
  });

  it('goes on when the last verification has passed: the channel has moved', () => {
    const late = deployed.when(abort, { by: dana }).when(stepSettled(1, done));
    late.leadsTo({ events: ['step.done', 'operation.verified', { type: 'step.started', step: 2 }] });
    late.when(stepSettled(2, done)).leadsTo({
      events: ['step.done', { type: 'operation.finished', outcome: 'done' }],
    });
  });

  it.each([
    ['a second time', stopping, ben, 'no-change'],
    ['when it is over', recorded, ana, 'not-open'],
    ['by somebody without the role', running(), person('kit', 'Kit', 'responder'), 'role-missing'],
  ] as const)('is refused %s', (_when, operation, by, code) => {
    operation.when(abort, { by }).leadsTo({ events: [{ type: 'request.refused', code }] });
  });
});

describe('an unknown outcome', () => {
  const unknown = running().when(stepSettled(0, { status: 'unknown', why: 'lost' }));
  const settle = (outcome: 'done' | 'failed'): OperationIntent => {
    return { type: 'operation.settle', outcome, why: 'I have looked' };
  };

  it('stays open until a person has looked', () => {
    expect(operationKind.alias(unknown.state)).toBe('OP-1');
    expect(unknown.wakeAt).toBeUndefined();
  });

  it('settled as done, the channel moves', () => {
    const settled = unknown.when(settle('done'), { by: ben });
    settled.leadsTo({ events: [{ type: 'operation.settled', outcome: 'done', name: 'Ben Okafor' }] });
    expect(toldChannel(settled)).toMatchObject([
      { type: 'channel.move', version: '1.4.2' },
      { type: 'channel.release', outcome: 'done' },
    ]);
    expect(settled.state).toMatchObject({ status: 'done', verified: true });
  });

  it('settled as failed, it does not', () => {
    const settled = unknown.when(settle('failed'), { by: ben });
    expect(toldChannel(settled)).toMatchObject([
      { type: 'channel.release', outcome: 'failed', touched: true },
    ]);
    expect(settled.state).toMatchObject({ status: 'failed', verified: false });
  });

  it.each([
    ['twice', unknown.when(settle('failed'), { by: ben }), ben, 'not-open'],
    ['before it is unknown', running(), ben, 'not-open'],
    ['without the role', unknown, ana, 'role-missing'],
  ] as const)('is not settled %s', (_when, operation, by, code) => {
    operation.when(settle('done'), { by }).leadsTo({
      events: [{ type: 'request.refused', code }],
    });
  });
});

describe('outcomes that come again', () => {
  it.each([
    ['of a step that has ended', deployed, 0],
    ['of a step that has not begun', running(), 2],
    ['of a step that is not there', running(), 9],
    ['after the end', recorded, 2],
  ] as const)('%s change nothing', (_which, operation, step) => {
    operation.when(stepSettled(step, done)).leadsTo({ events: [], effects: [], tells: [] });
    operation.when(stepSettled(step, { status: 'failed', why: 'no' })).leadsTo({ events: [], effects: [] });
  });

  it('of its card are noted once', () => {
    const posted: OperationIntent = {
      type: 'effect.settled',
      id: 'OP-1/1.0',
      effect: { type: 'slack.card', conversation: 'C0INCIDENTS', severity: 'P0' },
      outcome: { status: 'done', receipt: { ts: '1.2' } },
    };
    const once = running().when(posted);
    once.leadsTo({ events: [{ type: 'card.posted', ts: '1.2' }], effects: [] });
    once.when(posted).leadsTo({ events: [] });
  });
});

it('without an incident its own thread tells the story', () => {
  const open = asked();
  const [planned] = open.log;
  expect(planned).toMatchObject({ incident: 'INC-1' });
  const alone = { ...open.state, incident: undefined };
  const begun = { type: 'operation.begun', seq: 3, at: 0, by: ben } as const;
  expect(operationKind.effects(alone, begun, policies)).toMatchObject([
    { type: 'slack.card' },
    { type: 'slack.thread' },
  ]);
  expect(operationKind.effects(open.state, begun, policies)).toMatchObject([{ type: 'slack.card' }]);
});

describe('without an incident', () => {
  const begun: Operation = { ...running().state, incident: undefined };
  const line = (event: OperationEvent, by: Actor = lastgood, state = begun) =>
    operationKind
      .effects(state, { ...event, seq: 9, at: 0, by }, policies)
      .find(({ type }) => type === 'slack.thread');
  const asker = { rings: { name: 'Ana Ruiz' } };
  const ended = { type: 'operation.finished', why: 'Why.', yieldedTo: undefined, left: [] } as const;
  const alone = { stoppedBy: undefined, touched: true } as const;
  const settled = {
    type: 'operation.settled',
    outcome: 'failed',
    name: '',
    why: 'Looked.',
    left: [],
  } as const;

  it.each<readonly [string, OperationEvent]>([
    ['it holds its channel until somebody has looked', { ...ended, ...alone, outcome: 'unknown' }],
    ['it failed', { ...ended, ...alone, outcome: 'failed' }],
    ['it could not begin', { ...ended, ...alone, touched: false, outcome: 'failed' }],
    ['it was stopped half way', { ...ended, outcome: 'failed', touched: true, stoppedBy: 'Ben Okafor' }],
    ['something is left to do', { ...ended, ...alone, outcome: 'done', left: ['Tell Sentry'] }],
  ])('what somebody has to see to is said aloud, and rings whoever asked: %s', (_what, event) => {
    expect(line(event)).toMatchObject({ broadcast: true, ...asker });
  });

  it.each<readonly [string, OperationEvent, Actor]>([
    ['it expired', { type: 'operation.expired', why: 'Nobody approved.' }, lastgood],
    ['it is void', { type: 'operation.voided', why: '1.5.1 is live.' }, lastgood],
    ['it was stopped', { ...ended, outcome: 'failed', touched: false, stoppedBy: 'Ben Okafor' }, lastgood],
    ['somebody else looked', settled, ben],
  ])('what only whoever asked waits for rings them alone: %s', (_what, event, by) => {
    expect(line(event, by)).toMatchObject({ broadcast: false, ...asker });
  });

  it.each<readonly [string, OperationEvent, Actor]>([
    ['it is done', { ...ended, ...alone, outcome: 'done' }, lastgood],
    ['they withdrew it', { type: 'operation.withdrawn', name: 'Ana Ruiz' }, ana],
    ['they stopped it', { ...ended, outcome: 'failed', touched: false, stoppedBy: 'Ana Ruiz' }, lastgood],
    ['they looked', settled, ana],
  ])('nobody is disturbed when %s', (_what, event, by) => {
    expect(line(event, by)).toMatchObject({ broadcast: false });
    expect(line(event, by)).not.toHaveProperty('rings');
  });

  it('with one, its own thread is silent, and the incident tells it', () => {
    expect(line({ ...ended, ...alone, outcome: 'unknown' }, lastgood, running().state)).toBeUndefined();
  });
});

describe('somebody asks to stop', () => {
  const stopped = running().when({ type: 'operation.abort' }, { by: ana });
  const step = { type: 'step.run', step: 0, deadline: minute } as const;

  it('a step that has not begun is not begun any more', () => {
    expect(operationKind.wanted(stopped.state, step, 0, false)).toMatchObject({ wanted: false });
    const over = stopped.when(stepSettled(0, { status: 'withheld', why: 'Stopped by Ana Ruiz.' }));
    over.leadsTo({
      events: ['step.failed', { type: 'operation.finished', touched: false, stoppedBy: 'Ana Ruiz' }],
    });
    // For its incident, no rollback has started.
    const told = over.tells.filter(({ to }) => to.kind === 'incident').map(({ intent }) => intent);
    expect(told.at(-1)).toMatchObject({ progress: 'stopped', untouched: true });
  });

  it('a step that may be at work out there is followed to its end', () => {
    expect(operationKind.wanted(stopped.state, step, 0, true)).toEqual({ wanted: true });
  });

  it('what is verified already is not stopped', () => {
    verified
      .when({ type: 'operation.abort' }, { by: ana })
      .leadsTo({ events: [{ type: 'request.refused', code: 'too-late' }] });
  });
});

describe('nobody knows how it ended', () => {
  const unknown = running().when(stepSettled(0, { status: 'unknown', why: 'no answer' }));
  const settle: OperationIntent = { type: 'operation.settle', outcome: 'failed', why: 'looked' };

  it('and somebody wants to stop it: they hear what to do instead', () => {
    unknown.when({ type: 'operation.abort' }, { by: ana }).leadsTo({
      events: [
        {
          type: 'request.refused',
          why: 'Nobody knows how OP-1 ended, and no further step of it begins. Look, and say so on its card, or by /operation settle OP-1 <done|failed> <reason>.',
        },
      ],
    });
  });

  it('and nobody holds the role any more: whoever has a role may say, or the channel were locked for ever', () => {
    const people = { ana: { ...policies.roster.people['ana']!, roles: ['responder' as const] } };
    const emptied = { ...policies, roster: { ...policies.roster, people } };
    unknown
      .when(settle, { by: ana })
      .leadsTo({ events: [{ type: 'request.refused', code: 'role-missing' }] });
    unknown.when(settle, { by: ana, policies: emptied }).leadsTo({ events: ['operation.settled'] });
  });
});

describe('Slack does not take the card', () => {
  const card = { type: 'slack.card', conversation: 'C0INCIDENTS', severity: 'P0' } as const;
  const failed = (why: string): OperationIntent => {
    return { type: 'effect.settled', id: 'OP-1/1.0', effect: card, outcome: { status: 'failed', why } };
  };

  it('and the emergency conversation hears of it, once for each reason', () => {
    const told = asked().when(failed('not invited'));
    told.leadsTo({ events: ['card.failed'], effects: [{ type: 'page.slack', to: 'C0EMERGENCY' }] });
    told.when(failed('not invited')).leadsTo({ events: [] });
    told.when(failed('archived')).leadsTo({ events: ['card.failed'] });
  });
});
