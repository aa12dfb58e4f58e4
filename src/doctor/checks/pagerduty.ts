import { reveal } from '../../trust/secrets.ts';
import { ask, NoAnswer } from '../../executors/ask.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** The Events API: reachable, and a key of the right form. Only an event could prove the key, and it would page. */
export const pagerduty: Check = {
  area: 'PagerDuty',
  name: 'PagerDuty',
  look: async ({ settings }, signal) => {
    if (!settings.pagerduty) return [];
    const { routingKey, eventsUrl } = settings.pagerduty;
    const { host } = new URL(eventsUrl);
    const key = /^[0-9a-zA-Z]{32}$/.test(reveal(routingKey))
      ? ok('PAGERDUTY_ROUTING_KEY', 'has the form of a key; only a page can prove that PagerDuty takes it')
      : wrong(
          'PAGERDUTY_ROUTING_KEY',
          'is no integration key: those have 32 letters and digits',
          'Copy the Integration Key of an Events API v2 integration from the service in PagerDuty.',
        );
    try {
      await ask(eventsUrl, { signal, timeout: checkTimeout });
      return [key, ok('PAGERDUTY_EVENTS_URL', `${host} answers`)];
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return [
        key,
        wrong(
          'PAGERDUTY_EVENTS_URL',
          `${host} gives no answer (${error.message})`,
          'Let this machine reach it. An account in Europe has https://events.eu.pagerduty.com.',
        ),
      ];
    }
  },
};
