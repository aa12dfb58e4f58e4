import { expect, test } from 'vitest';
import { endingFor } from '../../src/slack/socket-ending.ts';

// https://docs.slack.dev/apis/events-api/using-socket-mode, and github.com/slackapi/node-slack-sdk/issues/1654
test.each([
  ['warning', { kind: 'renewed' }],
  ['refresh_requested', { kind: 'renewed' }],
  ['lost', { kind: 'lost', why: 'the connection broke' }],
  ['something_new', { kind: 'lost', why: 'Slack ended the connection (something_new)' }],
  ['too_many_websockets', { kind: 'lost', after: 30_000, why: expect.stringContaining('ten connections') }],
  ['link_disabled', { kind: 'refused', why: expect.stringContaining('switch it on') }],
])('a connection that ended with %s', (reason, ending) => {
  expect(endingFor(reason)).toEqual(ending);
});
