import { expect, test } from 'vitest';
import { isResponseUrl } from '../../src/slack/response-url.ts';

const slack = 'https://slack.com/api/';
const sandbox = 'http://127.0.0.1:4567/api/';

test.each([
  ['https://hooks.slack.com/commands/T0/1/x', slack],
  ['https://slack.com/x', slack],
  ['http://127.0.0.1:4567/response/1', sandbox],
])('%s is Slack for %s', (url, api) => {
  expect(isResponseUrl(url, api)).toBe(true);
});

test.each([
  ['http://hooks.slack.com/commands/T0/1/x', slack],
  ['https://hooks.slack.com.evil.example/x', slack],
  ['https://hooks.slack.com@evil.example/x', slack],
  ['https://user:pass@hooks.slack.com/x', slack],
  ['https://hooks.slack.com:8443/x', slack],
  ['http://169.254.169.254/latest/meta-data', slack],
  ['http://[::ffff:127.0.0.1]/x', slack],
  ['file:///etc/passwd', slack],
  ['nothing', slack],
  ['https://hooks.slack.com/commands/T0/1/x', sandbox],
  ['http://127.0.0.1:4568/response/1', sandbox],
])('%s is not Slack for %s', (url, api) => {
  expect(isResponseUrl(url, api)).toBe(false);
});
