import { z } from 'zod';
import type { Route } from '../wire.ts';
import type { About, ApiRoute, Parameter, Reply, Request } from './api-route.ts';
import { channelShape, channelWithHistory } from './channel-shapes.ts';
import { apiError, commandAnswer } from './command-shapes.ts';
import { incidentShape, timelineShape } from './incident-shapes.ts';
import { onCallShape } from './on-call-shapes.ts';
import { operationShape } from './operation-shapes.ts';
import { channelList, incidentList, onCallList, operationList } from './reads.ts';
import { reportAnswer } from './reports.ts';
import { signedStatus } from './version-status.ts';

type Json = Readonly<Record<string, unknown>>;

/** Shapes with a name of their own; whatever else there is stands where it is used. */
const named: Readonly<Record<string, z.ZodType>> = {
  Answer: commandAnswer,
  Error: apiError,
  Incident: incidentShape,
  IncidentList: incidentList,
  Timeline: timelineShape,
  Operation: operationShape,
  OperationList: operationList,
  Channel: channelShape,
  ChannelWithHistory: channelWithHistory,
  ChannelList: channelList,
  OnCall: onCallShape,
  OnCallList: onCallList,
  ReportAnswer: reportAnswer,
  SignedStatus: signedStatus,
};

/** `GET /openapi.json`: the routes describe themselves. It says nothing about this deployment, and needs no token. */
export function openApiRoute(routes: readonly ApiRoute[]): Route {
  const json = openApi(routes);
  return { method: 'GET', path: '/openapi.json', handle: () => Promise.resolve({ status: 200, json }) };
}

export function openApi(routes: readonly ApiRoute[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    for (const about of route.about) {
      const path = (paths[about.path ?? route.path] ??= {});
      path[route.method.toLowerCase()] = operation(about);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lastgood',
      version: '1',
      description:
        'From the alert back to the last good release. Fields and values may be added; those that are here keep their name and meaning. Times are UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: components(),
      responses: Object.fromEntries(
        Object.entries(everywhere).map(([status, reply]) => [`Status${status}`, replyJson(reply)]),
      ),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token whose SHA-256 is in API_TOKENS. One that names a person acts as that person, with the roles that both have; one that names nobody may ask for things and never approves. Or a token that GitHub Actions signed for a job in GITHUB_OIDC.',
        },
      },
    },
  };
}

function operation(about: About): Json {
  const { id, summary, description, parameters, request, responses } = about;
  const own = Object.entries(responses).map(([status, reply]) => [status, replyJson(reply)] as const);
  const usual = Object.keys(everywhere).filter((status) => !about.public || !ofTokens.includes(status));
  const common = usual.map((status) => [status, { $ref: responseRef(status) }] as const);
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    ...(about.public && { security: [] }),
    ...(parameters && { parameters: parameters.map(parameterJson) }),
    ...(request && { requestBody: requestJson(request) }),
    responses: Object.fromEntries([...common, ...own]),
  };
}

/** What every route answers, unless it says otherwise itself. */
const everywhere: About['responses'] = {
  401: { description: 'No bearer token, or none of ours.', shapes: [apiError] },
  403: { description: 'The token stands for somebody who is not in the roster.', shapes: [apiError] },
  500: { description: 'Lastgood failed on this request; its log says how.', shapes: [apiError] },
  503: { description: 'Nothing can be stored at the moment, and nothing was done.', shapes: [apiError] },
};

const ofTokens: readonly string[] = ['401', '403'];

function responseRef(status: string): string {
  return `#/components/responses/Status${status}`;
}

function parameterJson({ name, in: where, description, pattern, example }: Parameter): Json {
  const type = typeof example === 'number' ? 'integer' : 'string';
  return {
    name,
    in: where,
    required: where === 'path',
    description,
    schema: { type, ...(pattern !== undefined && { pattern }) },
    ...(example !== undefined && { example }),
  };
}

function requestJson({ shapes, required, examples }: Request): Json {
  const each = Object.entries(examples).map(([name, value]) => [name, { value }] as const);
  return {
    required,
    content: { 'application/json': { schema: anyOf(shapes), examples: Object.fromEntries(each) } },
  };
}

function replyJson({ description, shapes, file = 'text/markdown' }: Reply): Json {
  const content =
    shapes.length === 0
      ? { [file]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: anyOf(shapes) } };
  return { description, content };
}

function anyOf(shapes: readonly z.ZodType[]): Json {
  const schemas = shapes.map(schemaOf);
  const [only, another] = schemas;
  return only && !another ? only : { anyOf: schemas };
}

function schemaOf(shape: z.ZodType): Json {
  const name = Object.entries(named).find(([, each]) => each === shape)?.[0];
  if (name !== undefined) return { $ref: refTo(name) };
  return withoutMeta(z.toJSONSchema(shape, { io: 'input', override }));
}

function components(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, shape] of Object.entries(named)) registry.add(shape, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: refTo, override });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMeta(schema)]));
}

/** The name of a format says more than the pattern that checks it. */
function override({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

/** Each stands inside a document that says what it is. */
function withoutMeta({
  $schema: _dialect,
  $id: _id,
  id: _name,
  '~standard': _standard,
  ...schema
}: Json): Json {
  return schema;
}
