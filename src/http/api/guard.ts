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
    // The terminal says so; whoever else does only makes the timeline say `terminal` of them.
    const via = request.headers['x-lastgood-via'] === 'terminal' ? 'terminal' : 'api';
    const letIn = await keeper.callerOf(request.headers.authorization, via);
    if ('error' in letIn) {
      const { status, error } = letIn;
      return {
        status,
        json: { error },
        ...(status === 401 && { headers: { 'www-authenticate': 'Bearer' } }),
        ...(status === 503 && { headers: { 'retry-after': '5' } }),
      };
    }
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

function unavailable(why: string): WireResponse {
  const error = `${why}, so nothing was done. Send it again in a moment.`;
  return { status: 503, json: { error }, headers: { 'retry-after': '5' } };
}
