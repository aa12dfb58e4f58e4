import type { PagerdutyAlert } from './pagerduty.ts';

export type EventAction = 'trigger' | 'acknowledge' | 'resolve';

/** An event as it came, which may be anything. */
export type Event = Readonly<Record<string, unknown>>;

const SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];
const ACTIONS: readonly unknown[] = ['trigger', 'acknowledge', 'resolve'];
const MAX_DEDUP_KEY = 255;

/** What the Events API would object to. */
export function checkAlertEvent(event: Event): string[] {
  const action = event['event_action'];
  const dedupKey = event['dedup_key'];
  const errors: string[] = [];
  if (!ACTIONS.includes(action))
    errors.push(
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    );
  if (dedupKey !== undefined && typeof dedupKey !== 'string')
    errors.push("'dedup_key' is invalid (must be a string)");
  if (typeof dedupKey === 'string' && dedupKey.length > MAX_DEDUP_KEY)
    errors.push(`'dedup_key' is longer than ${MAX_DEDUP_KEY} characters`);
  if (action !== 'trigger')
    return dedupKey === undefined ? [...errors, "'dedup_key' is missing or blank"] : errors;
  const payload = payloadOf(event);
  errors.push(...checkText(payload, ['summary', 'source']));
  if (!SEVERITIES.includes(payload['severity']))
    errors.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    );
  return errors;
}

export function checkText(payload: Event, fields: readonly string[]): string[] {
  return fields
    .filter((field) => typeof payload[field] !== 'string' || payload[field] === '')
    .map((field) => `'payload.${field}' is missing or blank`);
}

export function describe(event: Event): Pick<PagerdutyAlert, 'summary' | 'source' | 'severity' | 'details'> {
  const payload = payloadOf(event);
  return {
    summary: String(payload['summary']),
    source: String(payload['source']),
    severity: payload['severity'] as PagerdutyAlert['severity'],
    details: (payload['custom_details'] ?? {}) as Record<string, unknown>,
  };
}

export function payloadOf(event: Event): Event {
  const payload = event['payload'];
  return typeof payload === 'object' && payload !== null ? (payload as Event) : {};
}
