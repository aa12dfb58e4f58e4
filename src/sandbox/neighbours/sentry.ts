import { createEmulator, defineEmulator } from 'emulate';
import { createFailureSwitch, failingAnswer } from './failure.ts';
import type { FailureSwitch } from './failure.ts';
import { createListeners } from './listeners.ts';

export interface SentryDeploy {
  readonly id: string;
  readonly environment: string;
  readonly name: string | null;
  readonly url: string | null;
  readonly dateStarted: string | null;
  readonly dateFinished: string;
}

export interface SentryRelease {
  readonly version: string;
  readonly status: 'open' | 'archived';
  readonly projects: readonly string[];
  readonly ref: string | null;
  readonly url: string | null;
  readonly dateCreated: string;
  readonly dateReleased: string | null;
  readonly deploys: readonly SentryDeploy[];
}

export interface SentryOptions {
  readonly port?: number;
  readonly now: () => Date;
  readonly token: string;
  readonly organization: string;
  /** Project slugs that exist. */
  readonly projects: readonly string[];
  readonly releases?: readonly { readonly version: string; readonly status?: SentryRelease['status'] }[];
}

export interface Sentry extends FailureSwitch {
  /** The base, without `/api/0`. */
  readonly url: string;
  releases(): readonly SentryRelease[];
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

interface State {
  releases: SentryRelease[];
  deploys: number;
}

type Body = Readonly<Record<string, unknown>>;

const MAX_VERSION = 200;
const MAX_ENVIRONMENT = 64;

/** Sentry's releases and deploys, as its official description has them. */
export async function startSentry(options: SentryOptions): Promise<Sentry> {
  const { changed, onChange } = createListeners();
  const { guard, ...failures } = createFailureSwitch((failure) =>
    failingAnswer(failure, failure.retryAfter === undefined ? 500 : 429, {
      detail: failure.error ?? 'Internal Error',
    }),
  );
  const now = (): string => options.now().toISOString();
  const seeded = (options.releases ?? []).map(({ version, status }) => ({
    ...newRelease(version, options.projects, now()),
    status: status ?? 'open',
  }));
  let state: State = { releases: seeded, deploys: 0 };

  const definition = defineEmulator<State>({
    name: 'sentry',
    cors: false,
    state: () => state,
    setup({ app, state: kept }) {
      state = kept;
      const releases = '/api/0/organizations/:organization/releases/';
      const project = '/api/0/projects/:organization/:project/';
      const one = `${releases}:version/`;
      app.use((c, next) => {
        const refusal = checkToken(c.req.header('Authorization'));
        return refusal ?? next();
      });
      const route = (
        method: 'GET' | 'POST' | 'PUT',
        path: string,
        handle: (version: string, body: Body) => Response,
      ): void => {
        app.on(method, path, (c) =>
          guard(c.req.path, async () => {
            if (c.req.param('organization') !== options.organization) return notFound();
            const body = method === 'GET' ? {} : await c.req.json<Body>();
            const response = handle(c.req.param('version'), body);
            if (method !== 'GET' && response.ok) changed();
            return response;
          }),
        );
      };
      app.get('/api/0/', () =>
        Response.json({ version: '0', auth: { scopes: ['org:read', 'project:read', 'project:releases'] } }),
      );
      app.get(project, (c) => {
        const slug = c.req.param('project');
        const isThere =
          c.req.param('organization') === options.organization && options.projects.includes(slug);
        return isThere ? Response.json({ slug, name: slug }) : notFound();
      });
      route('GET', releases, () => Response.json(state.releases.map(present)));
      route('POST', releases, (_, body) => createOrUpdate(body));
      route('GET', one, (version) => withRelease(version, (release) => Response.json(present(release))));
      route('PUT', one, (version, body) =>
        withRelease(version, (release) => Response.json(present(change(release, body)))),
      );
      route('GET', `${one}deploys/`, (version) =>
        withRelease(version, ({ deploys }) => Response.json(deploys.toReversed())),
      );
      route('POST', `${one}deploys/`, (version, body) =>
        withRelease(version, (release) => deploy(release, body)),
      );
    },
  });

  function checkToken(authorization: string | undefined): Response | undefined {
    if (authorization === undefined)
      return refuse(401, { detail: 'Authentication credentials were not provided.' });
    return authorization === `Bearer ${options.token}` ? undefined : refuse(401, { detail: 'Invalid token' });
  }

  function withRelease(version: string, handle: (release: SentryRelease) => Response): Response {
    const release = state.releases.find((known) => known.version === version);
    return release === undefined ? notFound() : handle(release);
  }

  /** Sentry answers 208 when the release was there already and got no new project. */
  function createOrUpdate(body: Body): Response {
    const { version, projects, status } = body;
    if (typeof version !== 'string' || version === '')
      return refuse(400, { version: ['This field is required.'] });
    if (version.length > MAX_VERSION || /[\n\t\f\r/\\]|^\.{1,2}$/.test(version))
      return refuse(400, { version: ['Invalid release version'] });
    if (!Array.isArray(projects)) return refuse(400, { projects: ['This field is required.'] });
    const slugs = projects.map(String);
    if (slugs.some((slug) => !options.projects.includes(slug)))
      return refuse(400, { projects: ['Invalid project slugs'] });
    if (status !== undefined && status !== 'open' && status !== 'archived')
      return refuse(400, { status: ['Invalid status'] });
    const known = state.releases.find((release) => release.version === version);
    const release = known ?? newRelease(version, slugs, now());
    if (known === undefined) state.releases.push(release);
    const added = slugs.filter((slug) => !release.projects.includes(slug));
    const updated = change(release, body, {
      projects: [...release.projects, ...added],
      ...(status !== undefined && { status }),
    });
    return Response.json(present(updated), { status: known !== undefined && added.length === 0 ? 208 : 201 });
  }

  /** What both `POST` and `PUT` may change; the status is in `POST` alone. */
  function change(release: SentryRelease, body: Body, more: Partial<SentryRelease> = {}): SentryRelease {
    const text = (field: 'ref' | 'url' | 'dateReleased'): string | null => {
      const value = body[field];
      return typeof value === 'string' ? value : release[field];
    };
    const updated = {
      ...release,
      ref: text('ref'),
      url: text('url'),
      dateReleased: text('dateReleased'),
      ...more,
    };
    state.releases = state.releases.map((known) => (known.version === release.version ? updated : known));
    return updated;
  }

  function deploy(release: SentryRelease, body: Body): Response {
    const { environment } = body;
    if (typeof environment !== 'string' || environment === '')
      return refuse(400, { environment: ['This field is required.'] });
    if (environment.length > MAX_ENVIRONMENT)
      return refuse(400, {
        environment: [`Ensure this field has no more than ${MAX_ENVIRONMENT} characters.`],
      });
    state.deploys += 1;
    const text = (field: string): string | null => (typeof body[field] === 'string' ? body[field] : null);
    const made: SentryDeploy = {
      id: String(state.deploys),
      environment,
      name: text('name'),
      url: text('url'),
      dateStarted: text('dateStarted'),
      dateFinished: text('dateFinished') ?? now(),
    };
    change(release, {}, { deploys: [...release.deploys, made] });
    return Response.json(made, { status: 201 });
  }

  function present(release: SentryRelease): object {
    const [name, number] = release.version.includes('@')
      ? release.version.split('@', 2)
      : [null, release.version];
    const { deploys, projects, ...fields } = release;
    return {
      id: state.releases.findIndex(({ version }) => version === release.version) + 1,
      ...fields,
      shortVersion: release.version,
      versionInfo: { package: name, version: { raw: number }, description: number, buildHash: null },
      data: {},
      newGroups: 0,
      owner: null,
      commitCount: 0,
      lastCommit: null,
      deployCount: deploys.length,
      lastDeploy: deploys.at(-1) ?? null,
      authors: [],
      projects: projects.map((slug) => ({
        id: options.projects.indexOf(slug) + 1,
        slug,
        name: slug,
        newGroups: 0,
        platform: 'node',
        platforms: ['node'],
        hasHealthData: false,
      })),
      firstEvent: null,
      lastEvent: null,
      currentProjectMeta: {},
      userAgent: null,
    };
  }

  const emulator = await createEmulator({ service: definition, port: options.port ?? 0 });

  return {
    url: `http://127.0.0.1:${new URL(emulator.url).port}`,
    ...failures,
    releases: () => [...state.releases],
    onChange,
    async close() {
      failures.heal();
      await emulator.close();
    },
  };
}

function newRelease(version: string, projects: readonly string[], dateCreated: string): SentryRelease {
  return {
    version,
    status: 'open',
    projects,
    ref: null,
    url: null,
    dateCreated,
    dateReleased: null,
    deploys: [],
  };
}

function refuse(status: number, body: object): Response {
  return Response.json(body, { status });
}

function notFound(): Response {
  return refuse(404, { detail: 'The requested resource does not exist' });
}
