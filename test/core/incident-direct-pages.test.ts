import { describe, expect, it } from 'vitest';
import type { Effect, EffectOf } from '../../src/core/effect.ts';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { ana, ben, minute, given, start, type Example } from '../support/given.ts';

type IncidentExample = Example<Incident, IncidentIntent, IncidentEvent>;

const declared = given(incidentKind)
  .when(
    {
      type: 'incident.declare',
      title: 'Checkout is down',
      severity: 'P0',
      service: 'checkout',
      app: 'shop',
      channel: 'stable',
    },
    { by: ana },
  )
  .when({ type: 'incident.name-suspect', suspect: undefined });
const acknowledge: IncidentIntent = { type: 'incident.acknowledge' };

/** A page by direct message has arrived. */
function delivered(incident: IncidentExample, id: string, person: string): IncidentExample {
  const who = person.toUpperCase();
  const effect: EffectOf<'page.slack'> = {
    type: 'page.slack',
    person,
    to: `U0${who}`,
    text: '',
    severity: 'P0',
  };
  const receipt = { ts: `17.${id}`, channel: `D0${who}` };
  return incident.when({ type: 'effect.settled', id, effect, outcome: { status: 'done', receipt } });
}

function edits({ effects }: IncidentExample): readonly Effect[] {
  return effects.filter((effect) => effect.type === 'slack.card' && effect.card !== undefined);
}

const called = delivered(declared, 'INC-1/3.1', 'ana');
const toAna = {
  type: 'slack.card',
  conversation: 'D0ANA',
  card: 'INC-1/3.1',
  severity: 'P0',
} as const;
const toBen = { ...toAna, conversation: 'D0BEN', card: 'INC-1/9.1' } as const;

describe('a direct message that called somebody', () => {
  it('is remembered by where it stands, and stays as it is while nobody has the incident', () => {
    expect(called.state.cards).toEqual({ 'INC-1/3.1': { conversation: 'D0ANA', ts: '17.INC-1/3.1' } });
    expect(edits(called)).toEqual([]);
    expect(edits(called.when({ type: 'clock.tick', down: undefined }, { at: 5 * minute }))).toEqual([]);
  });

  it('is edited when somebody acknowledges, and when it is resolved', () => {
    const both = delivered(called, 'INC-1/9.1', 'ben');
    const held = both.when(acknowledge, { by: ben });
    expect(edits(held)).toEqual([toAna, toBen]);
    expect(held.effects.findIndex((effect) => effect.type === 'slack.thread')).toBeLessThan(
      held.effects.indexOf(edits(held)[0] as Effect),
    );
    const resolved = held.when({ type: 'incident.resolve', reason: '' }, { by: ben });
    expect(edits(resolved)).toEqual([toAna, toBen]);
  });

  it('is edited at once when it arrives after that', () => {
    const held = called.when(acknowledge, { by: ana });
    expect(edits(delivered(held, 'INC-1/9.1', 'ben'))).toEqual([toBen]);
    const resolved = called.when({ type: 'incident.resolve', reason: '' }, { by: ana });
    expect(edits(delivered(resolved, 'INC-1/9.1', 'ben'))).toEqual([toBen]);
  });

  it('keeps its words while nobody has it any more', () => {
    const { state } = called
      .when(acknowledge, { by: ana })
      .when({ type: 'clock.tick', down: undefined }, { at: 16 * minute });
    expect(state.status).toBe('triggered');
    expect(incidentKind.wanted(state, toAna, start)).toMatchObject({ wanted: false });
    expect(incidentKind.wanted(called.when(acknowledge, { by: ana }).state, toAna, start)).toEqual({
      wanted: true,
    });
  });

  it('is no card: where it stands says nothing of the incident’s own', () => {
    const { state, events } = called.when({
      type: 'effect.settled',
      id: 'INC-1/10.3',
      effect: toAna,
      outcome: { status: 'done', receipt: { ts: '17.1', channel: 'D0ANA' } },
    });
    expect(events).toEqual([]);
    expect(state.card).toBeUndefined();
  });

  it('is forgotten after thirty others', () => {
    const many = Array.from({ length: 31 }, (_, n) => `INC-1/${n + 4}.1`);
    const { state } = many.reduce((incident, id) => delivered(incident, id, 'ana'), called);
    expect(Object.keys(state.cards ?? {})).toEqual(many.slice(1));
  });
});

it('A shout in a conversation has no button, and is left as it is', () => {
  const effect = { type: 'page.slack', person: undefined, to: 'C0', text: '', severity: 'P0' } as const;
  const shouted = declared.when({
    type: 'effect.settled',
    id: 'INC-1/3.4',
    effect,
    outcome: { status: 'done', receipt: { ts: '17.4', channel: 'C0' } },
  });
  expect(edits(shouted.when(acknowledge, { by: ana }))).toEqual([]);
});
