import { sayPast, type Instant, type Milliseconds } from '../core/time.ts';

const minute: Milliseconds = 60_000;
const minutesKept = 60;

/** Why a request that carries a signature of Slack's form is not taken for Slack's. */
export type Doubt = 'signature' | 'timestamp';

const doubts: Readonly<Record<Doubt, { readonly what: string; readonly advice: string }>> = {
  signature: {
    what: 'its signature does not match SLACK_SIGNING_SECRET',
    advice:
      'If Slack shows dispatch_failed, take the Signing Secret from Basic Information on the app’s page.',
  },
  timestamp: {
    what: 'its timestamp is more than 5m away from the clock here',
    advice: 'If Slack shows dispatch_failed, set the clock of this machine by NTP.',
  },
};

/**
 * How many requests were taken for Slack's within the last hour, and how many were not. Anybody can send forged ones:
 * so nothing depends on it, and flooding makes it no larger.
 */
export interface RequestTally {
  readonly taken: (at: Instant) => void;
  readonly refused: (at: Instant, doubt: Doubt) => void;
  /** In a sentence or two; undefined when none was refused within the last hour. */
  readonly note: (now: Instant) => string | undefined;
}

export function requestTally(): RequestTally {
  const taken = hourly();
  const refused = hourly();
  let last: { readonly at: Instant; readonly doubt: Doubt } | undefined;
  return {
    taken: taken.add,
    refused: (at, doubt) => {
      refused.add(at);
      last = { at, doubt };
    },
    note: (now) => {
      const count = refused.count(now);
      if (!last || count === 0) return undefined;
      const { what, advice } = doubts[last.doubt];
      const accepted = taken.count(now);
      const requests =
        count === 1 ? '1 request to /slack/events was' : `${count} requests to /slack/events were`;
      const all = accepted === 0 ? ', and none was accepted' : ` (${accepted} accepted)`;
      return `${requests} refused in the last hour${all}; the last at ${sayPast(last.at, now)}: ${what}. ${advice} If not, they are not from Slack.`;
    },
  };
}

/** Counts by the minute. */
function hourly(): { readonly add: (at: Instant) => void; readonly count: (now: Instant) => number } {
  const counts = new Map<number, number>();
  return {
    add: (at) => {
      const now = Math.floor(at / minute);
      for (const kept of counts.keys()) if (kept <= now - minutesKept) counts.delete(kept);
      counts.set(now, (counts.get(now) ?? 0) + 1);
    },
    count: (now) => {
      const since = Math.floor(now / minute) - minutesKept;
      return [...counts].reduce((sum, [kept, count]) => (kept > since ? sum + count : sum), 0);
    },
  };
}
