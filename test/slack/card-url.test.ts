import { expect, it } from 'vitest';
import { cardUrls } from '../../src/slack/card-url.ts';
import { incident, operation } from './states.ts';

const cardUrl = cardUrls(() => 'https://acme.slack.com/');
const card = { conversation: 'C0INCIDENTS', ts: '1763780642.000100' };

it.each([
  [
    'of an incident',
    'INC-3',
    incident({ card }),
    'https://acme.slack.com/archives/C0INCIDENTS/p1763780642000100',
  ],
  [
    'of an operation',
    'OP-7',
    operation({ card }),
    'https://acme.slack.com/archives/C0INCIDENTS/p1763780642000100',
  ],
  [
    'that is not posted yet: its conversation',
    'INC-3',
    incident(),
    'https://acme.slack.com/archives/C0INCIDENTS',
  ],
  ['in no conversation', 'INC-3', incident({ conversation: '../evil' }), undefined],
  ['of nothing that has one', 'channel:shop/stable', incident({ card }), undefined],
  ['of what is not there', 'INC-3', undefined, undefined],
])('the address of the card %s', (_what, stream, state, expected) => {
  expect(cardUrl(stream, state)).toBe(expected);
});

it('nobody knows it before Slack has said where it is', () => {
  expect(cardUrls(() => undefined)('INC-3', incident({ card }))).toBeUndefined();
});
