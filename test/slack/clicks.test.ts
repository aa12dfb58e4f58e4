import { describe, expect, test } from 'vitest';
import { askOfClick } from '../../src/slack/clicks.ts';
import { channelCard } from '../../src/slack/views/channel-card.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { pageMessage } from '../../src/slack/views/page-message.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import type { View } from '../../src/slack/views/blocks.ts';
import { channel, drift, health } from './channel-states.ts';
import { incident, operation, start } from './states.ts';

const hash = '0123456789abcdef';

test.each([
  ['incident.acknowledge', { id: 'INC-3' }, 'incident', 'INC-3', { type: 'incident.acknowledge' }],
  ['incident.resolve', { id: 'INC-3' }, 'incident', 'INC-3', { type: 'incident.resolve', reason: '' }],
  [
    'incident.raise',
    { id: 'INC-3', severity: 'P0' },
    'incident',
    'INC-3',
    { type: 'incident.set-severity', severity: 'P0', reason: "from INC-3's card" },
  ],
  [
    'incident.rollback',
    { id: 'INC-3', channel: 'shop/stable', version: '1.4.2' },
    'channel',
    'channel:shop/stable',
    { type: 'rollback.request', target: { version: '1.4.2' }, reason: "from INC-3's card" },
  ],
  [
    'channel.rollback',
    { channel: 'shop/stable', version: '1.4.2', leaving: '1.5.0', reason: 'canary health failed' },
    'channel',
    'channel:shop/stable',
    {
      type: 'rollback.request',
      target: { version: '1.4.2' },
      leaving: '1.5.0',
      reason: 'canary health failed',
    },
  ],
  [
    'drift.record',
    { channel: 'shop/stable', drift: 7 },
    'channel',
    'channel:shop/stable',
    { type: 'drift.take', drift: 7, side: 'theirs' },
  ],
  [
    'drift.keep',
    { channel: 'shop/stable', drift: 7 },
    'channel',
    'channel:shop/stable',
    { type: 'drift.take', drift: 7, side: 'ours' },
  ],
  ['operation.approve', { id: 'OP-7', hash }, 'operation', 'OP-7', { type: 'operation.approve', hash }],
  ['operation.reject', { id: 'OP-7', hash }, 'operation', 'OP-7', { type: 'operation.reject', hash }],
  ['operation.abort', { id: 'OP-7' }, 'operation', 'OP-7', { type: 'operation.abort' }],
  [
    'operation.settle',
    { id: 'OP-7', outcome: 'done' },
    'operation',
    'OP-7',
    { type: 'operation.settle', outcome: 'done', why: "Settled from OP-7's card." },
  ],
])('%s asks for its intent', (actionId, value, kind, id, intent) => {
  expect(askOfClick({ actionId, value })).toEqual({ kind: 'intent', to: { kind, id }, intent });
});

describe('a button that is not one of ours is answered', () => {
  test.each([
    ['an unknown button', 'incident.delete', { id: 'INC-3' }],
    ['no value', 'incident.acknowledge', undefined],
    ["another stream's id", 'incident.acknowledge', { id: 'OP-7' }],
    ['no hash', 'operation.approve', { id: 'OP-7' }],
    ['more than it should carry', 'operation.abort', { id: 'OP-7', by: 'ana' }],
    [
      'a version that is none',
      'incident.rollback',
      { id: 'INC-3', channel: 'shop/stable', version: '$(id)' },
    ],
    ['a property of every object', 'constructor', { id: 'INC-3' }],
    [
      'a polluted value',
      'operation.abort',
      JSON.parse('{"id":"OP-7","__proto__":{"admin":true}}') as unknown,
    ],
  ])('%s', (_name, actionId, value) => {
    expect(askOfClick({ actionId, value })).toMatchObject({
      kind: 'answer',
      answer: { tone: 'refused', title: 'This button is no longer valid' },
    });
  });
});

test('every button on every card asks for something', () => {
  const views = [
    incidentCard(incident(), start),
    pageMessage({ type: 'page.slack', person: 'ana', to: 'U0ANA', text: '', severity: 'P1' }, incident()),
    planCard(operation(), start),
    planCard(operation({ status: 'running' }), start),
    planCard(operation({ status: 'unknown' }), start),
    channelCard(channel({ health: [health({ error_rate: 0.5 })] }), 'health 1.5.0', start),
    channelCard(channel({ drifts: [drift({ side: 'file', found: '1.6.0' })] }), 'drift 7', start),
  ];
  const pressed = views
    .flatMap(buttonsOn)
    .map(({ action_id, value }) => [
      action_id,
      askOfClick({ actionId: action_id, value: JSON.parse(value) }).kind,
    ]);
  expect(pressed).toEqual([
    ['incident.acknowledge', 'intent'],
    ['incident.rollback', 'intent'],
    ['incident.resolve', 'intent'],
    ['incident.raise', 'intent'],
    ['incident.acknowledge', 'intent'],
    ['operation.approve', 'intent'],
    ['operation.reject', 'intent'],
    ['operation.abort', 'intent'],
    ['operation.abort', 'intent'],
    ['operation.settle', 'intent'],
    ['operation.settle', 'intent'],
    ['channel.rollback', 'intent'],
    ['drift.record', 'intent'],
    ['drift.keep', 'intent'],
  ]);
});

interface Button {
  readonly action_id: string;
  readonly value: string;
}

function buttonsOn({ blocks }: View): readonly Button[] {
  return blocks.flatMap((block) => {
    const elements = block.type === 'actions' ? block.elements : [];
    const accessory = block.type === 'section' ? block.accessory : undefined;
    return (accessory ? [accessory] : elements) as unknown as readonly Button[];
  });
}
