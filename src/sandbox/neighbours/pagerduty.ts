import { createEmulator, defineEmulator } from 'emulate';
import { createFailureSwitch, failingAnswer } from './failure.ts';
import type { Failure, FailureSwitch } from './failure.ts';
import { createListeners } from './listeners.ts';
import { createWebhooks, type PagerdutySubscription, type PagerdutyUser } from './pagerduty-webhooks.ts';

type EventAction = 'trigger' | 'acknowledge' | 'resolve';

export interface PagerdutyAlert {
  readonly dedupKey: string;
  readonly routingKey: string;
  readonly state: 'triggered' | 'acknowledged' | 'resolved';
  readonly summary: string;
  readonly source: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly details: Readonly<Record<string, unknown>>;
  /** Everything that happened to this alert, oldest first; times are ISO. */
  readonly history: readonly { readonly at: string; readonly action: EventAction }[];
}

/** One request, whether it was accepted or not. */
export interface PagerdutyLogEntry {
  readonly at: string;
  readonly path: '/v2/enqueue' | '/v2/change/enqueue';
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PagerdutyOptions {
  readonly port?: number;
  readonly now: () => Date;
  /** The integrations that exist; left out, every key does. */
  readonly routingKeys?: readonly string[];
  /** Left out: nobody is told what happens here. */
  readonly webhooks?: PagerdutySubscription;
}

export interface Pagerduty extends FailureSwitch {
  /** The base of the Events API, without `/v2`. */
  readonly url: string;
  /** Oldest first. A trigger after a resolve is a new alert under the same key. */
  alerts(): readonly PagerdutyAlert[];
  log(): readonly PagerdutyLogEntry[];
  /**
   * Somebody presses Acknowledge or Resolve in PagerDuty. Resolves when whoever has subscribed has been told; rejects
   * when no such alert is open.
   */
  press(user: PagerdutyUser, action: 'acknowledge' | 'resolve', dedupKey: string): Promise<void>;
  /** Resolves when every webhook sent so far has been answered. */
  delivered(): Promise<void>;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

interface State {
  alerts: PagerdutyAlert[];
  log: PagerdutyLogEntry[];
}

type Event = Readonly<Record<string, unknown>>;

const SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];
const ACTIONS: readonly unknown[] = ['trigger', 'acknowledge', 'resolve'];
const MAX_DEDUP_KEY = 255;

/** PagerDuty's Events API v2, as its official description has it. */
export async function startPagerduty(options: PagerdutyOptions): Promise<Pagerduty> {
  const { changed, onChange } = createListeners();
  const { guard, ...failures } = createFailureSwitch(failureAnswer);
  const webhooks = createWebhooks(options.webhooks, options.now);
  let state: State = { alerts: [], log: [] };

  const definition = defineEmulator<State>({
    name: 'pagerduty',
    cors: false,
    state: () => ({ alerts: [], log: [] }),
    setup({ app, state: kept }) {
      state = kept;
      const receive = (path: PagerdutyLogEntry['path'], take: (event: Event) => Response): void => {
        app.post(path, (c) =>
          guard(path, async () => {
            const event = parseEvent(await c.req.text());
            const response = event === undefined ? invalid(['JSON parse error']) : take(event);
            const at = options.now().toISOString();
            state.log.push({ at, path, status: response.status, body: event ?? {} });
            changed();
            return response;
          }),
        );
      };
      receive('/v2/enqueue', takeAlertEvent);
      receive('/v2/change/enqueue', takeChangeEvent);
    },
  });

  function takeAlertEvent(event: Event): Response {
    const errors = [...checkRouting(event), ...checkAlertEvent(event)];
    if (errors.length > 0) return invalid(errors);
    const dedupKey =
      typeof event['dedup_key'] === 'string' ? event['dedup_key'] : `generated-${state.log.length + 1}`;
    apply(event, dedupKey, event['event_action'] as EventAction);
    return Response.json(
      { status: 'success', message: 'Event processed', dedup_key: dedupKey },
      { status: 202 },
    );
  }

  function takeChangeEvent(event: Event): Response {
    const errors = [...checkRouting(event), ...checkText(payloadOf(event), ['summary'])];
    if (errors.length > 0) return invalid(errors);
    return Response.json({ status: 'success', message: 'Change event processed' }, { status: 202 });
  }

  function checkRouting(event: Event): string[] {
    const key = event['routing_key'];
    if (typeof key !== 'string' || key === '') return ["'routing_key' is missing or blank"];
    if (options.routingKeys?.includes(key) === false) return ['Invalid routing key'];
    return [];
  }

  /** An acknowledge or resolve of an alert that is not open is accepted and changes nothing. */
  function apply(event: Event, dedupKey: string, action: EventAction): void {
    const routingKey = String(event['routing_key']);
    const index = state.alerts.findIndex(
      (alert) => alert.dedupKey === dedupKey && alert.routingKey === routingKey && alert.state !== 'resolved',
    );
    const open = state.alerts[index];
    if (open === undefined) {
      if (action === 'trigger')
        state.alerts.push({
          dedupKey,
          routingKey,
          state: 'triggered',
          ...describe(event),
          history: [{ at: options.now().toISOString(), action }],
        });
      return;
    }
    change(index, action);
  }

  /** Tells only of what is another state than before, as PagerDuty does. */
  function change(index: number, action: EventAction, by?: PagerdutyUser): void {
    const before = state.alerts[index];
    if (!before) return;
    const now = stateAfter(action, before);
    const happened = { at: options.now().toISOString(), action };
    state.alerts[index] = { ...before, state: now, history: [...before.history, happened] };
    if (now === before.state || now === 'triggered') return;
    const incident = {
      number: index + 1,
      status: now,
      title: before.summary,
      key: before.dedupKey,
      openedAt: before.history[0]?.at ?? happened.at,
    };
    webhooks.send(now, incident, by);
  }

  const emulator = await createEmulator({ service: definition, port: options.port ?? 0 });

  return {
    url: `http://127.0.0.1:${new URL(emulator.url).port}`,
    ...failures,
    alerts: () => [...state.alerts],
    log: () => [...state.log],
    async press(user, action, dedupKey) {
      const index = state.alerts.findIndex(
        (alert) => alert.dedupKey === dedupKey && alert.state !== 'resolved',
      );
      if (index < 0) throw new Error(`PagerDuty shows no open incident ${dedupKey}`);
      change(index, action, user);
      changed();
      await webhooks.delivered();
    },
    delivered: webhooks.delivered,
    onChange,
    async close() {
      failures.heal();
      await webhooks.delivered();
      await emulator.close();
    },
  };
}

function stateAfter(action: EventAction, alert: PagerdutyAlert): PagerdutyAlert['state'] {
  switch (action) {
    case 'trigger':
      return alert.state;
    case 'acknowledge':
      return 'acknowledged';
    case 'resolve':
      return 'resolved';
    default:
      return action satisfies never;
  }
}

function checkAlertEvent(event: Event): string[] {
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

function checkText(payload: Event, fields: readonly string[]): string[] {
  return fields
    .filter((field) => typeof payload[field] !== 'string' || payload[field] === '')
    .map((field) => `'payload.${field}' is missing or blank`);
}

function describe(event: Event): Pick<PagerdutyAlert, 'summary' | 'source' | 'severity' | 'details'> {
  const payload = payloadOf(event);
  return {
    summary: String(payload['summary']),
    source: String(payload['source']),
    severity: payload['severity'] as PagerdutyAlert['severity'],
    details: (payload['custom_details'] ?? {}) as Record<string, unknown>,
  };
}

function payloadOf(event: Event): Event {
  const payload = event['payload'];
  return typeof payload === 'object' && payload !== null ? (payload as Event) : {};
}

function parseEvent(raw: string): Event | undefined {
  try {
    const event: unknown = JSON.parse(raw);
    return typeof event === 'object' && event !== null && !Array.isArray(event)
      ? (event as Event)
      : undefined;
  } catch {
    return undefined;
  }
}

function invalid(errors: readonly string[]): Response {
  return Response.json(
    { status: 'invalid event', message: 'Event object is invalid', errors },
    { status: 400 },
  );
}

function failureAnswer(failure: Failure): Response {
  const throttled = failure.status === 429 || failure.retryAfter !== undefined;
  const message =
    failure.error ?? (throttled ? 'Requests for this service are arriving too quickly.' : 'Internal error');
  return failingAnswer(failure, throttled ? 429 : 500, {
    status: throttled ? 'throttle exceeded' : 'internal error',
    message,
  });
}
