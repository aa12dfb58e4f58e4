import { describe, expect, it } from 'vitest';
import type { Effect, EffectOf, Receipt } from '../../src/core/effect.ts';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { suspect } from '../support/alerts.ts';
import { ana, ben, minute, given, type Example } from '../support/given.ts';

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
function delivered(
  incident: IncidentExample,
  id: string,
  person: string,
  also: Receipt = {},
): IncidentExample {
  const who = person.toUpperCase();
  const effect: EffectOf<'page.slack'> = {
    type: 'page.slack',
    person,
    to: `U0${who}`,
    text: '',
    severity: 'P0',
  };
  const receipt = { ts: `17.${id}`, channel: `D0${who}`, ...also };
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

  it('is not edited when nobody has it any more: whoever is called next gets a new one', () => {
    const expired = called
      .when(acknowledge, { by: ana })
      .when({ type: 'clock.tick', down: undefined }, { at: 16 * minute });
    expect(expired.state.status).toBe('triggered');
    expect(edits(expired)).toEqual([]);
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

describe('a direct message that was written before the card was there', () => {
  const cardThere: IncidentIntent = {
    type: 'effect.settled',
    id: 'INC-1/3.3',
    effect: { type: 'slack.card', conversation: 'C0INCIDENTS', severity: 'P0' },
    outcome: { status: 'done', receipt: { ts: '17.9', channel: 'C0INCIDENTS' } },
  };
  const alone = delivered(declared, 'INC-1/3.1', 'ana', { without_card: 'yes' });

  it('is edited to lead there, once that is posted', () => {
    expect(alone.events[0]).toMatchObject({
      withoutCard: true,
      receipt: { ts: '17.INC-1/3.1', channel: 'D0ANA' },
    });
    expect(edits(alone)).toEqual([]);
    expect(edits(alone.when(cardThere))).toEqual([toAna]);
    expect(edits(alone.when(cardThere).when(cardThere))).toEqual([]);
  });

  it('also when Slack’s answers come the other way round', () => {
    expect(edits(delivered(declared.when(cardThere), 'INC-1/3.1', 'ana', { without_card: 'yes' }))).toEqual([
      toAna,
    ]);
  });

  it('and left as it is where it leads there already', () => {
    expect(edits(called.when(cardThere))).toEqual([]);
    expect(edits(delivered(declared.when(cardThere), 'INC-1/3.1', 'ana'))).toEqual([]);
  });

  it('says what to type to go back, as it did before', () => {
    const suspected = alone.when({ type: 'incident.name-suspect', suspect });
    const goBack = '/rollback stable 1.4.2 <reason>';
    expect(edits(suspected.when(cardThere))).toEqual([{ ...toAna, goBack }]);
    const later = suspected.when({ type: 'clock.tick', down: undefined }, { at: 5 * minute });
    expect(later.effects.find((effect) => effect.type === 'page.slack')).toMatchObject({ goBack });
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
