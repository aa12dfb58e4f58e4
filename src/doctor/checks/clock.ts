import { sayDuration, type Instant } from '../../core/time.ts';
import { noAnswer } from '../../executors/ask.ts';
import type { Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';

/** Slack's signatures hold for five minutes; a clock that is this far off will get there. */
const tolerated = 30_000;

/** Our clock against Slack's: whoever is far off takes every request for a replay. */
export const clock: Check = {
  area: 'Machine',
  name: 'clock',
  look: async ({ settings, now }, signal) => {
    try {
      const before = now();
      const url = new URL('api.test', settings.slack.apiUrl);
      const response = await fetch(url, { method: 'POST', redirect: 'manual', signal });
      await response.body?.cancel();
      const theirs = Date.parse(response.headers.get('date') ?? '');
      return [judgeClock((before + now()) / 2, theirs)];
    } catch (error) {
      return [unknown('clock', `cannot be compared: Slack gave no answer (${noAnswer(error).message})`)];
    }
  },
};

function judgeClock(ours: Instant, theirs: Instant): Looked {
  if (Number.isNaN(theirs)) return unknown('clock', 'cannot be compared: Slack does not say what time it is');
  const ahead = ours - theirs;
  // The header is cut to seconds.
  if (Math.abs(ahead) <= tolerated + 1_000) return ok('clock', 'agrees with Slack’s');
  return wrong(
    'clock',
    `is ${sayDuration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} Slack’s; from 5m on nothing of Slack’s is accepted`,
    'Set the clock of this machine by NTP.',
  );
}
