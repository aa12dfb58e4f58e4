import { describe, expect, it } from 'vitest';
import { requestTally } from '../../src/slack/request-tally.ts';

const start = Date.parse('2026-11-22T03:00:00Z');
const minute = 60_000;

describe('The tally of requests to /slack/events', () => {
  it('has nothing to say while Slack’s come in and nothing is refused', () => {
    const tally = requestTally();
    tally.taken(start);
    expect(tally.note(start)).toBeUndefined();
  });

  it('says how many were refused, the last one when and why, and what to do', () => {
    const tally = requestTally();
    tally.refused(start, 'timestamp');
    tally.refused(start + 12 * minute, 'signature');
    expect(tally.note(start + 20 * minute)).toBe(
      '2 requests to /slack/events were refused in the last hour, and none was accepted; the last at 03:12 UTC: its signature does not match SLACK_SIGNING_SECRET. If Slack shows dispatch_failed, take the Signing Secret from Basic Information on the app’s page. If not, they are not from Slack.',
    );
  });

  it('says when others are accepted: then the secret is right', () => {
    const tally = requestTally();
    tally.refused(start, 'timestamp');
    tally.taken(start);
    tally.taken(start + minute);
    expect(tally.note(start + minute)).toMatch(
      /^1 request to \/slack\/events was refused in the last hour \(2 accepted\); the last at 03:00 UTC: its timestamp is more than 5m away/,
    );
  });

  it('forgets what is an hour ago, one minute after the other', () => {
    const tally = requestTally();
    tally.taken(start);
    tally.refused(start, 'signature');
    tally.refused(start + 30 * minute, 'signature');
    expect(tally.note(start + 59 * minute)).toMatch(/^2 .*\(1 accepted\)/);
    expect(tally.note(start + 60 * minute)).toMatch(/^1 .*, and none was accepted/);
    expect(tally.note(start + 90 * minute)).toBeUndefined();
  });
});
