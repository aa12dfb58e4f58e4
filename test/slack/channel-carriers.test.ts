import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Channel } from '../../src/core/channel/state.ts';
import { laneOf, type Carrier, type EffectOf, type EffectType, type Errand } from '../../src/core/effect.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';
import { slackCarriers } from '../../src/slack/carriers/index.ts';
import { storeId } from '../support/given.ts';
import { channel, drift, health } from './channel-states.ts';
import { start } from './states.ts';
import { accessTo, clientsOf, incidents, startWorkspace } from './workspace.ts';

const id = 'channel:shop/stable';
let slack: Slack;
beforeEach(async () => {
  slack = await startWorkspace();
});
afterEach(() => slack.close());

async function carry<Type extends EffectType>(
  effect: EffectOf<Type> & { readonly type: Type },
  state: Channel,
  errand: Partial<Omit<Errand<Type>, 'effect'>> = {},
) {
  const carriers = slackCarriers({
    ...accessTo(slack),
    clients: clientsOf(slack),
    storeId,
    nameOf: (conversation) => conversation,
    cardUrl: () => undefined,
    readPostmortem: () => Promise.reject(new Error('channels have none')),
  });
  const carrier = carriers.find(({ types }) => (types as readonly string[]).includes(effect.type));
  return (carrier as unknown as Carrier<Type>).carry({
    id: `${id}/4.0`,
    stream: id,
    effect,
    state,
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    now: start,
    signal: new AbortController().signal,
    ...errand,
  });
}

const card = (name: string) =>
  ({ type: 'slack.card', conversation: incidents, card: name, severity: undefined }) as const;
const line = (name: string) =>
  ({ ...card(name), type: 'slack.thread', text: 'It fails.', broadcast: true, at: start }) as const;
const state = channel({ health: [health()], drifts: [drift()] });

async function post(name: string): Promise<string> {
  const posted = await carry(card(name), state);
  if (posted.status !== 'done') throw new Error(`no card: ${posted.status}`);
  return posted.receipt['ts'] ?? '';
}
const at = (ts: string) => ({ conversation: incidents, ts, trouble: undefined });
const texts = () => slack.messages(incidents).map(({ text, thread_ts }) => [text, thread_ts]);

test('each card of a channel stands for itself, and is brought up to date in its place', async () => {
  const first = await post('health 1.5.0');
  const second = await post('drift 7');
  const cards = { 'health 1.5.0': at(first), 'drift 7': at(second) };
  const failed = channel({ health: [health({ error_rate: 0.5 })], drifts: [drift()], cards });
  expect(await carry(card('health 1.5.0'), failed)).toEqual({
    status: 'done',
    receipt: { ts: first, channel: incidents },
  });
  await carry(line('drift 7'), failed);
  expect(texts()).toEqual([
    ['❌ Health of 1.5.0 on shop/stable: fail', undefined],
    ['⚠️ Drift on shop/stable: 1.5.0 after all?', undefined],
    ['It fails.', second],
  ]);
});

test('a card whose answer was lost is found, and not posted again', async () => {
  slack.fail({ status: 502, applied: true, times: 1, path: 'chat.postMessage' });
  expect(await carry(card('health 1.5.0'), state)).toMatchObject({ status: 'retry', mayHaveHappened: true });
  expect(await carry(card('health 1.5.0'), state, { mayHaveHappened: true })).toMatchObject({
    status: 'done',
  });
  expect(slack.messages(incidents)).toHaveLength(1);
});

test('a line waits for the card that it belongs under, and not for another', async () => {
  const cards = { 'health 1.5.0': at(await post('health 1.5.0')) };
  const shown = channel({ health: [health()], drifts: [drift()], cards });
  expect(await carry(line('drift 7'), shown)).toMatchObject({
    status: 'retry',
    why: 'its card is not posted yet',
  });
  const lanes = [card('drift 7'), card('health 1.5.0'), line('drift 7'), line('health 1.5.0')].map((effect) =>
    laneOf(`${id}/4.0`, id, effect),
  );
  expect(new Set(lanes).size).toBe(4);
});
