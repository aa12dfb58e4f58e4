import type { Via } from '../../core/actor.ts';
import type { Caller, LetIn } from '../../trust/api-token.ts';
import type { Route, WireRequest, WireResponse } from '../wire.ts';

export interface Doorkeeper {
  readonly callerOf: (
    authorization: string | readonly string[] | undefined,
    via: Via,
  ) => LetIn | Promise<LetIn>;
  /** Why nothing is taken at this moment; undefined when it is. */
  readonly closed: () => string | undefined;
  /** Whether it was the store that takes nothing, rather than a mistake of ours. */
  readonly isOutage: (error: unknown) => boolean;
  readonly failed: (error: unknown, path: string) => void;
}

/** Nothing of a request is read before it is certain who sent it. */
export function guarded(
  keeper: Doorkeeper,
  handle: (request: WireRequest, caller: Caller) => Promise<WireResponse>,
): Route['handle'] {
  return async (request) => {
    const letIn = await letInBy(keeper, request);
    if ('error' in letIn) return refused(letIn);
    const closed = keeper.closed();
    if (closed !== undefined) return unavailable(closed);
    try {
      return await handle(request, letIn.caller);
    } catch (error) {
      if (!keeper.isOutage(error)) throw error;
      keeper.failed(error, request.path);
      return unavailable('Nothing can be stored');
    }
  };
}

/** The same before the body is read: strangers fill no memory. */
export function turnsAway(keeper: Doorkeeper): NonNullable<Route['turnsAway']> {
  return async (request) => {
    const letIn = await letInBy(keeper, request);
    return 'error' in letIn ? refused(letIn) : undefined;
  };
}

async function letInBy(keeper: Doorkeeper, { headers }: Pick<WireRequest, 'headers'>): Promise<LetIn> {
  // The terminal says so; whoever else does only makes the timeline say `terminal` of them.
  const via = headers['x-lastgood-via'] === 'terminal' ? 'terminal' : 'api';
  return keeper.callerOf(headers.authorization, via);
}

function refused({ status, error }: Extract<LetIn, { readonly error: string }>): WireResponse {
  return {
    status,
    json: { error },
    ...(status === 401 && { headers: { 'www-authenticate': 'Bearer' } }),
    ...(status === 503 && { headers: { 'retry-after': '5' } }),
  };
}

function unavailable(why: string): WireResponse {
  const error = `${why}, so nothing was done. Send it again in a moment.`;
  return { status: 503, json: { error }, headers: { 'retry-after': '5' } };
}
