import { createHmac } from 'node:crypto';
import { repeatAfter, toAlertmanager, toLastgood, type Alerts } from './alerts.ts';
import { request } from './connection.ts';

/** What a load is made of. */
export type Content =
  | { readonly what: 'command'; readonly responseUrl: string }
  | {
      readonly what: 'alerts to Alertmanager' | 'alerts to Lastgood' | 'alerts to anybody';
      readonly alerts: Alerts;
      readonly perRequest: number;
    };

export const webhookToken = 'a-token-that-only-the-bench-knows';
export const signingSecret = 'bench-signing-secret';

const asJson = { 'content-type': 'application/json' };

/** The request number `n` of a load; what repeats is made once. */
export function requestsOf(content: Content): (number: number) => Buffer {
  if (content.what === 'command') return (number) => slackCommand(number, content.responseUrl);
  const { what, alerts, perRequest } = content;
  const made: (Buffer | undefined)[] = [];
  const repeats = Math.ceil(repeatAfter(alerts) / perRequest);
  return (number) => (made[number % repeats] ??= make(number % repeats));

  function make(number: number): Buffer {
    const numbers = Array.from({ length: perRequest }, (_, index) => number * perRequest + index);
    const authorization = `Bearer ${webhookToken}`;
    switch (what) {
      case 'alerts to Alertmanager':
        return request('/api/v2/alerts', asJson, toAlertmanager(numbers, alerts));
      case 'alerts to Lastgood':
      case 'alerts to anybody':
        return request('/webhooks/alertmanager', { ...asJson, authorization }, toLastgood(numbers, alerts));
      default:
        return what satisfies never;
    }
  }
}

/** `/oncall`, signed as Slack signs. Each is another one: what comes twice would be a no-op. */
function slackCommand(number: number, responseUrl: string): Buffer {
  const body = new URLSearchParams({
    token: 'unused',
    team_id: 'T0BENCH',
    team_domain: 'bench',
    channel_id: 'C0INCIDENTS',
    channel_name: 'incidents',
    user_id: 'U0ANA',
    user_name: 'ana',
    command: '/oncall',
    text: '',
    api_app_id: 'A0BENCH',
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: `${process.pid}.${number}.bench`,
  }).toString();
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const hmac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${hmac}`,
  };
  return request('/slack/events', headers, body);
}
