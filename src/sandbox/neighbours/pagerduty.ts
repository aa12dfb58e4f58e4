import { createEmulator, defineEmulator } from 'emulate';
import { createFailureSwitch, failingAnswer } from './failure.ts';
import type { Failure, FailureSwitch } from './failure.ts';
import { createListeners } from './listeners.ts';
import {
  checkAlertEvent,
  checkText,
  describe,
  payloadOf,
  type Event,
  type EventAction,
} from './pagerduty-event.ts';
import { createRest, restRoutes, type PagerdutyRestOptions } from './pagerduty-rest.ts';
import { createWebhooks, type PagerdutySubscription, type PagerdutyUser } from './pagerduty-webhooks.ts';

export interface PagerdutyAlert {
  readonly dedupKey: string;
  readonly routingKey: string;
  readonly state: 'triggered' | 'acknowledged' | 'resolved';
  readonly summary: string;
  readonly source: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly details: Readonly<Record<string, unknown>>;
  /** Left out: PagerDuty's own policy says whom to call. */
  readonly called?: { readonly service: string; readonly users: readonly string[] };
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
  /** Left out: the REST API lets nobody in. */
  readonly rest?: PagerdutyRestOptions;
}

/** Something done over the REST API to an incident that names people. */
export interface PagerdutyDeed {
  readonly at: string;
  readonly did: 'call' | 'acknowledge' | 'resolve';
  /** Whom it calls now and did not call before. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly dedupKey: string;
}

export interface Pagerduty extends FailureSwitch {
  /** The base of the Events API, without `/v2`. */
  readonly url: string;
  /** Oldest first. A trigger after a resolve is a new alert under the same key. */
  alerts(): readonly PagerdutyAlert[];
  log(): readonly PagerdutyLogEntry[];
  deeds(): readonly PagerdutyDeed[];
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
  deeds: PagerdutyDeed[];
}

/** PagerDuty's Events API v2 and a part of its REST API, as their official descriptions have them. */
export async function startPagerduty(options: PagerdutyOptions): Promise<Pagerduty> {
  const { changed, onChange } = createListeners();
  const { guard, ...failures } = createFailureSwitch(failureAnswer);
  const webhooks = createWebhooks(options.webhooks, options.now);
  let state: State = { alerts: [], log: [], deeds: [] };

  const definition = defineEmulator<State>({
    name: 'pagerduty',
    cors: false,
    state: () => ({ alerts: [], log: [], deeds: [] }),
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
      for (const [method, path] of restRoutes) {
        app.on(method, path, (c) =>
          guard(`${method} ${c.req.path}`, async () => {
            const response = rest.answer({
              method,
              path: c.req.path,
              query: new URL(c.req.url).searchParams,
              headers: { authorization: c.req.header('authorization'), from: c.req.header('from') },
              body: parseEvent(await c.req.text()),
            });
            changed();
            return response;
          }),
        );
      }
    },
  });

  const rest = createRest(options.rest, {
    all: () => state.alerts,
    add: ({ key, title, details, service, users, state: began }) => {
      const at = options.now().toISOString();
      state.alerts.push({
        dedupKey: key,
        routingKey: '',
        state: began,
        summary: title,
        source: service,
        severity: 'critical',
        details: { details },
        called: { service, users },
        history: [{ at, action: 'trigger' }],
      });
      note('call', state.alerts.length - 1, users);
      return state.alerts.length - 1;
    },
    press: (index, status, by) => {
      const action = status === 'acknowledged' ? 'acknowledge' : 'resolve';
      note(action, index);
      change(index, action, by);
    },
    assign: (index, users, by) => {
      const before = state.alerts[index];
      if (!before?.called) return;
      const added = users.filter((user) => before.called?.users.includes(user) !== true);
      state.alerts[index] = { ...before, called: { ...before.called, users } };
      note('call', index, added);
      tell('reassigned', index, by);
    },
  });

  function note(did: PagerdutyDeed['did'], index: number, users: readonly string[] = []): void {
    const { summary = '', dedupKey = '' } = state.alerts[index] ?? {};
    const at = options.now().toISOString();
    state.deeds.push({ at, did, names: users.map(rest.nameOf), summary, dedupKey });
  }

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
    tell(now, index, by);
  }

  function tell(did: 'acknowledged' | 'resolved' | 'reassigned', index: number, by?: PagerdutyUser): void {
    const alert = state.alerts[index];
    if (!alert) return;
    const { state: status, summary: title, dedupKey: key, called } = alert;
    const openedAt = alert.history[0]?.at ?? options.now().toISOString();
    const assignees = did === 'reassigned' ? (called?.users ?? []) : [];
    const incident = {
      number: index + 1,
      status,
      title,
      key,
      openedAt,
      assignees: assignees.map((id) => ({ id, name: rest.nameOf(id) })),
    };
    webhooks.send(did, incident, by);
  }

  const emulator = await createEmulator({ service: definition, port: options.port ?? 0 });

  return {
    url: `http://127.0.0.1:${new URL(emulator.url).port}`,
    ...failures,
    alerts: () => [...state.alerts],
    log: () => [...state.log],
    deeds: () => [...state.deeds],
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
