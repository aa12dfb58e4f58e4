import { expect, test } from 'vitest';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';

const plain = (length: number): object => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number): object => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const times = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));
const button = (fields: object): object => ({
  type: 'button',
  action_id: 'approve',
  text: plain(7),
  ...fields,
});
const actions = (...elements: object[]): object => ({ type: 'actions', elements });
const section = (length: number): object => ({ type: 'section', text: mrkdwn(length) });
const divider = { type: 'divider' };

test.each([
  ['blocks', 50, (count: number) => times(count, () => divider), '/blocks'],
  ['section text', 3000, (length: number) => [section(length)], '/blocks/0/text/text'],
  [
    'field text',
    2000,
    (length: number) => [{ type: 'section', fields: [mrkdwn(length)] }],
    '/blocks/0/fields/0/text',
  ],
  [
    'fields',
    10,
    (count: number) => [{ type: 'section', fields: times(count, () => mrkdwn(1)) }],
    '/blocks/0/fields',
  ],
  ['header', 150, (length: number) => [{ type: 'header', text: plain(length) }], '/blocks/0/text/text'],
  [
    'button text',
    75,
    (length: number) => [actions(button({ text: plain(length) }))],
    '/blocks/0/elements/0/text/text',
  ],
  [
    'value',
    2000,
    (length: number) => [actions(button({ value: 'x'.repeat(length) }))],
    '/blocks/0/elements/0/value',
  ],
  [
    'action_id',
    255,
    (length: number) => [actions(button({ action_id: 'x'.repeat(length) }))],
    '/blocks/0/elements/0/action_id',
  ],
  ['block_id', 255, (length: number) => [{ ...divider, block_id: 'x'.repeat(length) }], '/blocks/0/block_id'],
  [
    'buttons',
    25,
    (count: number) => [actions(...times(count, (index) => button({ action_id: `a${index}` })))],
    '/blocks/0/elements',
  ],
  [
    'context elements',
    10,
    (count: number) => [{ type: 'context', elements: times(count, () => mrkdwn(1)) }],
    '/blocks/0/elements',
  ],
])('%s: %i pass, one more does not', (_what, limit, blocks, pointer) => {
  expect(refuseBlocks(blocks(limit))).toBeUndefined();
  expect(refuseBlocks(blocks(limit + 1))).toMatchObject({
    error: 'invalid_blocks',
    reasons: [expect.stringMatching(new RegExp(`\\[json-pointer:${pointer}\\]$`))],
  });
});

test.each([
  ['an unknown block', { type: 'banner' }, 'unsupported type: banner [json-pointer:/blocks/0/type]'],
  ['an empty text', section(0), 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  ['a section of nothing', { type: 'section' }, 'missing required field: text [json-pointer:/blocks/0]'],
  [
    'an empty context',
    { type: 'context', elements: [] },
    'no less than 1 items allowed [json-pointer:/blocks/0/elements]',
  ],
  [
    'markup in a header',
    { type: 'header', text: mrkdwn(1) },
    'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
  ],
  [
    'a colour that buttons do not have',
    actions(button({ style: 'success' })),
    'must be a valid enum value [json-pointer:/blocks/0/elements/0/style]',
  ],
  [
    'two buttons of one name',
    actions(button({}), button({})),
    'action_id must be unique [json-pointer:/blocks/0/elements/1/action_id]',
  ],
])('refuses %s', (_what, block, reason) => {
  expect(refuseBlocks([block])).toEqual({ error: 'invalid_blocks', reasons: [reason] });
});

test('refuses one block_id twice, and takes blocks without any', () => {
  expect(refuseBlocks([divider, divider])).toBeUndefined();
  const twice = [
    { ...divider, block_id: 'same' },
    { ...divider, block_id: 'same' },
  ];
  expect(refuseBlocks(twice)?.reasons).toEqual(['block_id must be unique [json-pointer:/blocks/1/block_id]']);
});

test('refuses the whole when it is too long, though every part is short enough', () => {
  expect(refuseBlocks(times(4, () => section(3000)))).toBeUndefined();
  expect(refuseBlocks(times(5, () => section(3000)))).toEqual({ error: 'msg_blocks_too_long', reasons: [] });
});
