import { describe, expect, it } from 'vitest';
import { requestTally } from '../../src/slack/request-tally.ts';

const start = Date.parse('2026-11-22T03:00:00Z');
const minute = 60_000;

describe('The tally of requests to /slack/events', () => {
  it('says that nothing has come in since the start, and where to look', () => {
    expect(requestTally(start).notes(start + 3 * minute)).toEqual([
      'Nothing has come in from Slack since the start, 3m ago. If Slack shows dispatch_failed, see whether the addresses on the app’s page (Slash Commands, Interactivity, Event Subscriptions) lead to /slack/events here.',
    ]);
  });

  it('says when Slack’s last request came in, and that this is well', () => {
    const tally = requestTally(start);
    tally.taken(start);
    tally.taken(start + 2 * minute);
    expect(tally.notes(start + 90 * minute)).toEqual(['ok: Slack’s last request came in at 03:02 UTC']);
  });

  it('says how many were refused, the last one when and why, and what to do', () => {
    const tally = requestTally(start);
    tally.refused(start, 'timestamp');
    tally.refused(start + 12 * minute, 'signature');
    expect(tally.notes(start + 20 * minute)).toEqual([
      '2 requests to /slack/events were refused in the last hour, and none was accepted; the last at 03:12 UTC: its signature does not match SLACK_SIGNING_SECRET. If Slack shows dispatch_failed, take the Signing Secret from Basic Information on the app’s page. If not, they are not from Slack.',
    ]);
  });

  it('says when others are accepted: then the secret is right', () => {
    const tally = requestTally(start);
    tally.refused(start, 'timestamp');
    tally.taken(start);
    tally.taken(start + minute);
    expect(tally.notes(start + minute)).toEqual([
      expect.stringMatching(
        /^1 request to \/slack\/events was refused in the last hour \(2 accepted\); the last at 03:00 UTC: its timestamp is more than 5m away/,
      ),
      'ok: Slack’s last request came in at 03:01 UTC',
    ]);
  });

  it('forgets what is an hour ago, one minute after the other', () => {
    const tally = requestTally(start);
    tally.taken(start);
    tally.refused(start, 'signature');
    tally.refused(start + 30 * minute, 'signature');
    expect(tally.notes(start + 59 * minute)[0]).toMatch(/^2 .*\(1 accepted\)/);
    expect(tally.notes(start + 60 * minute)[0]).toMatch(/^1 .*, and none was accepted/);
    expect(tally.notes(start + 90 * minute)).toEqual([expect.stringMatching(/^ok: /)]);
  });
});
