import type { Instant } from '../../core/time.ts';
import type { Route } from '../wire.ts';
import { commandRoute, type CarryOut } from './commands.ts';
import type { Doorkeeper } from './guard.ts';
import { openApiRoute } from './openapi.ts';
import { readRoutes, type Look } from './reads.ts';
import { reportRoutes, type Reports } from './reports.ts';

/** What the API serves. */
export interface ApiHandlers extends Doorkeeper {
  readonly now: () => Instant;
  readonly carryOut: CarryOut;
  readonly look: Look;
  readonly reports: Reports;
}

/** `/api/v1/…` and `/openapi.json`. */
export function apiRoutes(handlers: ApiHandlers): readonly Route[] {
  const routes = [
    commandRoute(handlers),
    ...reportRoutes(handlers, handlers.reports),
    ...readRoutes(handlers, handlers.look),
  ];
  return [...routes, openApiRoute(routes)];
}
