import { describe, expect, test } from 'vitest';
import { askOfClick } from '../../src/slack/clicks.ts';
import { markButtons, readMark } from '../../src/slack/store-mark.ts';
import { channelCard } from '../../src/slack/views/channel-card.ts';
import { incidentCard } from '../../src/slack/views/incident-card.ts';
import { freezeCard } from '../../src/slack/views/freeze-card.ts';
import { planCard } from '../../src/slack/views/plan-card.ts';
import { buttonsIn } from '../support/shown-buttons.ts';
import { storeId } from '../support/given.ts';
import { channel, drift, health } from './channel-states.ts';
import { incident, operation, start } from './states.ts';

const home = { storeId, takesUnmarked: false };
const older = { storeId, takesUnmarked: true };
const value = { id: 'INC-1' };
const by = { id: 1, since: start, name: 'Ana Ruiz', reason: 'it burns' };
const frozen = { ...by, confirmations: [], lifters: [], waiting: [] };

test('every button on every card says which store drew it, and still asks for the same', () => {
  const views = [
    incidentCard(incident(), start),
    planCard(operation(), start),
    planCard(operation({ status: 'unknown' }), start),
    freezeCard({ last: frozen }, 'freeze 1', start),
    channelCard(channel({ health: [health({ error_rate: 0.5 })] }), 'health 1.5.0', start),
    channelCard(channel({ drifts: [drift({ side: 'file', found: '1.6.0' })] }), 'drift 7', start),
  ];
  for (const view of views) {
    const plain = buttonsIn(view.blocks);
    const marked = buttonsIn(markButtons(view, storeId).blocks);
    expect(plain.length).toBeGreaterThan(0);
    expect(marked.map(({ action_id }) => action_id)).toEqual(plain.map(({ action_id }) => action_id));
    for (const [place, button] of marked.entries()) {
      const read = readMark(JSON.parse(String(button['value'])), home);
      const before: unknown = JSON.parse(String(plain[place]?.['value']));
      expect(read).toEqual({ value: before });
      expect(String(button['value']).length, 'Slack takes no more').toBeLessThanOrEqual(2_000);
      expect(askOfClick({ actionId: String(button['action_id']), value: before }).kind).toBe('intent');
    }
  }
});

describe('a button', () => {
  test('of this store is taken', () => {
    expect(readMark({ ...value, store: storeId }, home)).toEqual({ value });
  });

  test.each([
    ['of another store', { ...value, store: 'b7d2q1' }],
    ['with something else than a mark', { ...value, store: null }],
    ['of no store, where none was ever drawn without', value],
    ['that carries nothing', undefined],
  ])('%s is refused, and says why and what to do', (_which, pressed) => {
    expect(readMark(pressed, home)).toMatchObject({
      refused: {
        kind: 'answer',
        answer: {
          tone: 'refused',
          title: 'This button is no longer valid',
          lines: [
            expect.stringContaining('from before Lastgood’s records began anew'),
            expect.stringContaining('/incident list'),
          ],
        },
      },
    });
  });

  test('of an earlier version of Lastgood is taken by a store that was there then', () => {
    expect(readMark(value, older)).toEqual({ value });
    expect(readMark({ ...value, store: 'b7d2q1' }, older)).toHaveProperty('refused');
  });
});
