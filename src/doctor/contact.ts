import type { UsableSettings } from '../config.ts';
import type { Reaches } from '../core/incident/reach.ts';

/** Whether a page can go out by what is configured. Slack always is: without it the bot does not start. */
export function reachesBy({ pagerduty, mail }: Pick<UsableSettings, 'pagerduty' | 'mail'>): Reaches {
  const configured = { pagerduty: pagerduty !== undefined, mail: mail !== undefined, slack: true };
  return ({ by }) => configured[by];
}
