import { z } from 'zod';
import type { AuditTrail } from '../../trust/audit/trail.ts';
import type { WireRequest, WireResponse } from '../wire.ts';
import type { ApiRoute, Parameter } from './api-route.ts';
import { apiError } from './command-shapes.ts';
import { guarded, type Doorkeeper } from './guard.ts';

const whole = z.int().min(0);

export const auditState = z.object({
  /** The store's id, which every head bears. */
  store: z.string(),
  /** No event appears at or below this position any more. */
  settled: whole,
  /** The newest head, as it is stored. */
  head: z.string().nullable(),
});
export const auditEvents = z.object({
  events: z.array(
    z.object({
      pos: whole,
      stream: z.string(),
      seq: whole,
      /** Milliseconds since the epoch. */
      at: whole,
      by: z.looseObject({}),
      type: z.string(),
      data: z.unknown(),
      /** The hash of the event before it, as it is stored with that one. */
      prev: z.string().optional(),
      hash: z.string().optional(),
    }),
  ),
});
export const auditEnds = z.object({
  ends: z.array(
    z.object({
      id: z.string(),
      version: whole,
      hash: z.string().optional(),
      newest: z.object({ seq: whole, hash: z.string().optional() }).optional(),
    }),
  ),
});
export const auditHeads = z.object({ heads: z.array(z.string()) });

/** What whoever audits the store from outside reads of it. */
export interface AuditReads extends Pick<AuditTrail, 'events' | 'ends' | 'heads'> {
  /** Seals first what no head covers yet. */
  readonly state: () => Promise<z.infer<typeof auditState>>;
}

const mostAtOnce = 500;

/** `lastgood audit` reads the chain here and checks it where it runs: nobody has to believe the bot. Any token may. */
export function auditRoutes(keeper: Doorkeeper, audit: AuditReads): readonly ApiRoute[] {
  const page = (
    name: string,
    summary: string,
    { shape, after }: { readonly shape: z.ZodType; readonly after: Parameter },
    read: (after: string, limit: number) => Promise<unknown>,
  ): ApiRoute => ({
    method: 'GET',
    path: `/api/v1/audit/${name}`,
    about: [
      {
        id: `get-audit-${name}`,
        summary,
        parameters: [after, limitParameter],
        responses: {
          200: { description: 'A page of them; a short one is the last', shapes: [shape] },
          400: { description: 'The query is wrong.', shapes: [apiError] },
        },
      },
    ],
    handle: guarded(keeper, (request) => readPage(request, after, read)),
  });

  return [
    {
      method: 'GET',
      path: '/api/v1/audit',
      about: [
        {
          id: 'get-audit',
          summary: 'How far everything is written, and the newest head; seals first what none covers yet',
          responses: { 200: { description: 'How it stands', shapes: [auditState] } },
        },
      ],
      handle: guarded(keeper, async () => ({ status: 200, json: await audit.state() })),
    },
    page(
      'events',
      'Events of all streams in the order of writing, with their hashes',
      { shape: auditEvents, after: number('Only events behind this position.') },
      async (after, limit) => ({ events: await audit.events(Number(after), limit) }),
    ),
    page(
      'ends',
      'What each stream’s row says of its newest event',
      {
        shape: auditEnds,
        after: { name: 'after', in: 'query', description: 'Only streams behind this id.' },
      },
      async (after, limit) => ({ ends: await audit.ends(after, limit) }),
    ),
    page(
      'heads',
      'The heads that were sealed over the events, as they are stored',
      { shape: auditHeads, after: number('Only heads behind this number.') },
      async (after, limit) => ({ heads: await audit.heads(Number(after), limit) }),
    ),
  ];
}

function number(description: string): Parameter {
  return { name: 'after', in: 'query', description, pattern: '^\\d{1,15}$' };
}

const limitParameter: Parameter = {
  name: 'limit',
  in: 'query',
  description: `At most so many; ${mostAtOnce} unless told, and at most.`,
  pattern: '^\\d{1,3}$',
};

async function readPage(
  { query }: WireRequest,
  { pattern }: Parameter,
  read: (after: string, limit: number) => Promise<unknown>,
): Promise<WireResponse> {
  const after = query.get('after') ?? '';
  const limit = query.get('limit') ?? String(mostAtOnce);
  if (pattern !== undefined && after !== '' && !new RegExp(pattern).test(after))
    return { status: 400, json: { error: '“after” takes a number, from 0 on.' } };
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > mostAtOnce)
    return { status: 400, json: { error: `“limit” takes a number from 1 to ${mostAtOnce}.` } };
  return { status: 200, json: await read(after, Number(limit)) };
}
