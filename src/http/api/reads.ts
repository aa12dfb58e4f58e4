import { z } from 'zod';
import type { Incident } from '../../core/incident/state.ts';
import type { IncidentEvent } from '../../core/incident/event.ts';
import { postmortemMarkdown, type Postmortem } from '../../core/incident/postmortem.ts';
import type { Operation } from '../../core/operation/state.ts';
import type { Policies } from '../../core/policies/policies.ts';
import type { Recorded } from '../../core/stream.ts';
import type { Instant } from '../../core/time.ts';
import type { WireRequest, WireResponse } from '../wire.ts';
import type { About, ApiRoute, Parameter } from './api-route.ts';
import {
  channelShape,
  channelWithHistory,
  toChannel,
  toChannelWithHistory,
  type KnownChannel,
} from './channel-shapes.ts';
import { apiError } from './command-shapes.ts';
import { guarded, type Doorkeeper } from './guard.ts';
import { incidentShape, timelineShape, toIncident, toTimeline } from './incident-shapes.ts';
import { onCallShape, toOnCall } from './on-call-shapes.ts';
import { operationShape, toOperation } from './operation-shapes.ts';
import { pageParameters, readPage, type Page } from './page.ts';
import { isoTime, time } from './times.ts';

/** What is in the store, for the routes below. */
export interface Look {
  readonly now: () => Instant;
  readonly policies: () => Policies;
  /** The newest first. */
  readonly incidents: (page: Page) => Promise<readonly Incident[]>;
  readonly operations: (page: Page) => Promise<readonly Operation[]>;
  /** Every channel of the policies, in their order. */
  readonly channels: () => Promise<readonly KnownChannel[]>;
  readonly operation: (id: string) => Promise<Operation | undefined>;
  readonly story: (incident: string) => Promise<
    | {
        readonly incident: Incident;
        readonly events: readonly Recorded<IncidentEvent>[];
        readonly postmortem: Postmortem;
      }
    | undefined
  >;
}

export const incidentList = z.object({ incidents: z.array(incidentShape), next: z.string().optional() });
export const operationList = z.object({ operations: z.array(operationShape), next: z.string().optional() });
export const channelList = z.object({ channels: z.array(channelShape) });
export const onCallList = z.object({ at: time, services: z.array(onCallShape) });

/** Every read of the API; any token may. */
export function readRoutes(keeper: Doorkeeper, look: Look): readonly ApiRoute[] {
  const get = (
    path: string,
    about: Omit<About, 'id'>,
    read: (request: WireRequest) => Promise<WireResponse>,
  ): ApiRoute => ({
    method: 'GET',
    path,
    about: [
      {
        id: `get-${path
          .split('/')
          .slice(3)
          .map((part) => part.replace(/\W/g, ''))
          .join('-')}`,
        ...about,
      },
    ],
    handle: guarded(keeper, read),
  });

  const story = async ({ params: { id = '' } }: WireRequest) =>
    incidentId.test(id) ? look.story(id.toUpperCase()) : undefined;

  return [
    get(
      '/api/v1/incidents',
      {
        summary: 'Incidents, the newest first',
        parameters: pageParameters('INC-12'),
        responses: found('A page of them', incidentList),
      },
      paged('INC', look.incidents, (incidents, next) => ({ incidents: incidents.map(toIncident), ...next })),
    ),
    get(
      '/api/v1/incidents/{id}',
      {
        summary: 'One incident',
        parameters: [incidentParameter],
        responses: found('The incident', incidentShape),
      },
      async (request) => {
        const told = await story(request);
        return told ? { status: 200, json: toIncident(told.incident) } : missing(request, 'incidents');
      },
    ),
    get(
      '/api/v1/incidents/{id}/timeline',
      {
        summary: 'What happened, the oldest first',
        parameters: [incidentParameter],
        responses: found('Its timeline', timelineShape),
      },
      async (request) => {
        const told = await story(request);
        return told
          ? { status: 200, json: toTimeline(told.incident.id, told.events) }
          : missing(request, 'incidents');
      },
    ),
    get(
      '/api/v1/incidents/{id}/postmortem',
      {
        summary: 'The post-mortem as it stands, in Markdown',
        parameters: [incidentParameter],
        responses: { ...found('The post-mortem'), 404: notFound },
      },
      async (request) => {
        const told = await story(request);
        if (!told) return missing(request, 'incidents');
        const headers = { 'content-type': 'text/markdown; charset=utf-8' };
        return { status: 200, text: postmortemMarkdown(told.postmortem), headers };
      },
    ),
    get(
      '/api/v1/operations',
      {
        summary: 'Changes to production, the newest first',
        parameters: pageParameters('OP-7'),
        responses: found('A page of them', operationList),
      },
      paged('OP', look.operations, (operations, next) => ({
        operations: operations.map(toOperation),
        ...next,
      })),
    ),
    get(
      '/api/v1/operations/{id}',
      {
        summary: 'One operation: its plan, and how far it is',
        parameters: [operationParameter],
        responses: found('The operation', operationShape),
      },
      async (request) => {
        const { id = '' } = request.params;
        const operation = operationId.test(id) ? await look.operation(id.toUpperCase()) : undefined;
        return operation ? { status: 200, json: toOperation(operation) } : missing(request, 'operations');
      },
    ),
    get(
      '/api/v1/channels',
      { summary: 'Every release channel', responses: found('All of them', channelList) },
      async () => {
        const channels = (await look.channels()).map((each) => toChannel(each, look.now()));
        return { status: 200, json: { channels } };
      },
    ),
    get(
      '/api/v1/channels/{app}/{channel}',
      {
        summary: 'One release channel, with its history',
        parameters: [
          { name: 'app', in: 'path', description: 'The app.', example: 'shop' },
          { name: 'channel', in: 'path', description: 'Its channel.', example: 'stable' },
        ],
        responses: found('The channel', channelWithHistory),
      },
      async (request) => {
        const { app = '', channel = '' } = request.params;
        const known = (await look.channels()).find(({ name }) => name === `${app}/${channel}`);
        return known
          ? { status: 200, json: toChannelWithHistory(known, look.now()) }
          : missing(request, 'channels');
      },
    ),
    get(
      '/api/v1/oncall',
      { summary: 'Who is on call now, for every service', responses: found('All services', onCallList) },
      async () => {
        const at = look.now();
        return { status: 200, json: { at: isoTime(at), services: toOnCall(look.policies(), at) } };
      },
    ),
    get(
      '/api/v1/oncall/{service}',
      {
        summary: 'Who is on call now, for one service',
        parameters: [
          { name: 'service', in: 'path', description: 'A service of services.yml.', example: 'checkout' },
        ],
        responses: found('The service', onCallShape),
      },
      async (request) => {
        const services = toOnCall(look.policies(), look.now());
        const json = services.find(({ service }) => service === request.params['service']);
        return json ? { status: 200, json } : missing(request, 'oncall');
      },
    ),
  ];
}

const incidentId = /^INC-\d{1,9}$/i;
const operationId = /^OP-\d{1,9}$/i;

const incidentParameter: Parameter = {
  name: 'id',
  in: 'path',
  description: 'Its number.',
  pattern: '^INC-\\d{1,9}$',
  example: 'INC-12',
};
const operationParameter: Parameter = { ...incidentParameter, pattern: '^OP-\\d{1,9}$', example: 'OP-7' };

const notFound = { description: 'There is nothing of that name.', shapes: [apiError] };

function found(description: string, ...shapes: readonly z.ZodType[]): About['responses'] {
  return {
    200: { description, shapes },
    400: { description: 'The query is wrong.', shapes: [apiError] },
    404: notFound,
  };
}

function missing({ path }: WireRequest, list: string): WireResponse {
  const name = path
    .split('/')
    .slice(4, list === 'channels' ? 6 : 5)
    .join('/')
    .slice(0, 100);
  return { status: 404, json: { error: `There is no ${name}. GET /api/v1/${list} lists what there is.` } };
}

/** One more than the page is read, so that `next` is there only when something follows. */
function paged<State extends { readonly id: string }>(
  prefix: string,
  list: (page: Page) => Promise<readonly State[]>,
  json: (states: readonly State[], next: { readonly next?: string }) => unknown,
): (request: WireRequest) => Promise<WireResponse> {
  return async ({ query }) => {
    const read = readPage(query, prefix);
    if ('problem' in read) return { status: 400, json: { error: read.problem } };
    const states = await list({ ...read.page, limit: read.page.limit + 1 });
    const shown = states.slice(0, read.page.limit);
    const last = shown.at(-1);
    const next = states.length > shown.length && last ? { next: last.id } : {};
    return { status: 200, json: json(shown, next) };
  };
}
