import type { PagerdutyUser } from './pagerduty-webhooks.ts';
import type { PagerdutyAlert } from './pagerduty.ts';

/** An account that can be called and in whose name others may act. */
export interface PagerdutyAccount extends PagerdutyUser {
  readonly email: string;
}

/** What there is behind the REST API. */
export interface PagerdutyRestOptions {
  readonly token: string;
  readonly users: readonly PagerdutyAccount[];
  readonly services: readonly { readonly id: string; readonly name: string }[];
}

/** What the REST API needs of the neighbour that holds the incidents; they are known by their place in the list. */
export interface IncidentBook {
  readonly all: () => readonly PagerdutyAlert[];
  readonly add: (opened: {
    readonly key: string;
    readonly title: string;
    readonly details: string;
    readonly service: string;
    readonly users: readonly string[];
    readonly state: 'triggered' | 'acknowledged';
  }) => number;
  readonly press: (index: number, status: 'acknowledged' | 'resolved', by: PagerdutyUser) => void;
  readonly assign: (index: number, users: readonly string[], by: PagerdutyUser) => void;
}

interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: { readonly authorization: string | undefined; readonly from: string | undefined };
  readonly body: unknown;
}

type Json = Readonly<Record<string, unknown>>;

export const restRoutes = [
  ['GET', '/incidents'],
  ['POST', '/incidents'],
  ['PUT', '/incidents/:id'],
  ['GET', '/users'],
  ['GET', '/users/:id'],
  ['GET', '/services/:id'],
] as const;

/** The part of PagerDuty's REST API by which incidents are opened for people by name. */
export function createRest(options: PagerdutyRestOptions | undefined, book: IncidentBook) {
  const { token, users = [], services = [] } = options ?? {};

  function answer({ method, path, query, headers, body }: RestRequest): Response {
    if (token === undefined || headers.authorization !== `Token token=${token}`)
      return refuse(401, 'Unauthorized', 2006);
    const [, kind = '', id] = path.split('/');
    if (method === 'GET') return read(kind, id, query);
    const by = users.find(({ email }) => email === headers.from);
    if (!by) return refuse(400, 'Requester User Not Found', 1008);
    const { incident } = object(body);
    return method === 'POST' ? create(object(incident), by) : update(id ?? '', object(incident), by);
  }

  function read(kind: string, id: string | undefined, query: URLSearchParams): Response {
    if (kind === 'incidents') return list(query);
    if (kind === 'services') {
      const service = services.find((each) => each.id === id);
      return service ? Response.json({ service: serviceJson(service) }) : refuse(404, 'Not Found', 2100);
    }
    if (id === undefined) {
      const wanted = (query.get('query') ?? '').toLowerCase();
      const found = users.filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(wanted));
      return Response.json({ users: found.map(userJson), ...page });
    }
    const user = users.find((each) => each.id === id);
    return user ? Response.json({ user: userJson(user) }) : refuse(404, 'Not Found', 2100);
  }

  function list(query: URLSearchParams): Response {
    const { key, of, statuses } = {
      key: query.get('incident_key'),
      of: query.getAll('service_ids[]'),
      statuses: query.getAll('statuses[]'),
    };
    const incidents = book.all().flatMap((alert, index) => {
      const { dedupKey, state, called } = alert;
      const fits = called !== undefined && (key === null || key === dedupKey) && of.includes(called.service);
      return fits && statuses.includes(state) ? [incidentJson(alert, index)] : [];
    });
    return Response.json({ incidents, ...page });
  }

  function create(asked: Json, by: PagerdutyUser): Response {
    const { title, incident_key: key } = asked;
    const service = object(asked['service'])['id'];
    if (typeof title !== 'string' || title === '') return invalid('Title cannot be empty.');
    if (!services.some(({ id }) => id === service)) return invalid('Service cannot be blank.');
    const assigned = assigneesIn(asked);
    if (!assigned) return invalid('Assignee not found.');
    const taken = book
      .all()
      .some(
        ({ dedupKey, state, called }) =>
          dedupKey === key && state !== 'resolved' && called?.service === service,
      );
    if (taken) return invalid('Open incident with matching dedup key already exists on this service');
    const { details } = object(asked['body']);
    const index = book.add({
      key: String(key),
      title,
      details: typeof details === 'string' ? details : '',
      service: String(service),
      users: assigned,
      // Whoever opens an incident for themselves knows of it: PagerDuty rings nobody.
      state: assigned.includes(by.id) ? 'acknowledged' : 'triggered',
    });
    return one(index, 201);
  }

  function update(id: string, asked: Json, by: PagerdutyUser): Response {
    const index = book.all().findIndex((_, place) => incidentId(place) === id);
    if (index < 0) return refuse(404, 'Not Found', 2100);
    const { status, assignments } = asked;
    if (status === 'acknowledged' || status === 'resolved') book.press(index, status, by);
    const assigned = assigneesIn(asked);
    if (!assigned) return invalid('Assignee not found.');
    if (assignments !== undefined) book.assign(index, assigned, by);
    return one(index, 200);
  }

  function assigneesIn({ assignments = [] }: Json): readonly string[] | undefined {
    const ids = (assignments as readonly unknown[]).map((each) => object(object(each)['assignee'])['id']);
    const known = users.filter(({ id }) => ids.includes(id)).map(({ id }) => id);
    return known.length === ids.length ? known : undefined;
  }

  function one(index: number, status: number): Response {
    const alert = book.all()[index];
    if (!alert) return refuse(404, 'Not Found', 2100);
    return Response.json({ incident: incidentJson(alert, index) }, { status });
  }

  function incidentJson(alert: PagerdutyAlert, index: number): object {
    const { dedupKey, state, summary, history, called } = alert;
    const [opened, changed] = [history[0]?.at, history.at(-1)?.at];
    const service = services.find(({ id }) => id === called?.service);
    return {
      ...reference('incidents', incidentId(index), `[#${index + 1}] ${summary}`, 'incident'),
      incident_number: index + 1,
      title: summary,
      status: state,
      incident_key: dedupKey,
      created_at: opened,
      updated_at: changed,
      service: service && reference('services', service.id, service.name, 'service_reference'),
      assigned_via: 'direct_assignment',
      assignments: (called?.users ?? []).map((id) => ({
        at: opened,
        assignee: reference('users', id, nameOf(id), 'user_reference'),
      })),
      urgency: 'high',
    };
  }

  function nameOf(id: string): string {
    return users.find((user) => user.id === id)?.name ?? id;
  }

  return { answer, nameOf };
}

export function incidentId(index: number): string {
  return `PSANDBOX${index + 1}`;
}

const page = { limit: 25, offset: 0, more: false, total: null };

function userJson({ id, name, email }: PagerdutyAccount): object {
  return { ...reference('users', id, name, 'user'), name, email, role: 'user' };
}

function serviceJson({ id, name }: { readonly id: string; readonly name: string }): object {
  return {
    ...reference('services', id, name, 'service'),
    name,
    status: 'active',
    escalation_policy: reference('escalation_policies', 'PDEFAULT', 'Default', 'escalation_policy_reference'),
  };
}

function reference(path: string, id: string, summary: string, type: string): object {
  const self = `https://api.pagerduty.com/${path}/${id}`;
  return { id, type, summary, self, html_url: self.replace('api.', 'shop.') };
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function invalid(error: string): Response {
  return refuse(400, 'Arguments Caused Error', 2002, [error]);
}

function refuse(status: number, message: string, code: number, errors: readonly string[] = []): Response {
  return Response.json({ error: { message, code, errors } }, { status });
}
