import type { Instant } from '../../core/time.ts';
import type { Route } from '../wire.ts';
import { auditRoutes, type AuditReads } from './audit.ts';
import { backupRoute, type BackUp } from './backup.ts';
import { commandRoute, type CarryOut } from './commands.ts';
import { turnsAway, type Doorkeeper } from './guard.ts';
import { openApiRoute } from './openapi.ts';
import { readRoutes, type Look } from './reads.ts';
import { reportRoutes, type Reports } from './reports.ts';
import { versionStatusRoutes, type VersionStatusList, type Withheld } from './version-status.ts';

/** What the API serves. */
export interface ApiHandlers extends Doorkeeper {
  readonly now: () => Instant;
  readonly carryOut: CarryOut;
  readonly look: Look;
  readonly reports: Reports;
  readonly backUp: BackUp;
  readonly audit: AuditReads;
  /** Undefined where nothing is signed. */
  readonly versionStatus: (() => Promise<VersionStatusList | Withheld>) | undefined;
}

/** `/api/v1/…` and `/openapi.json`. */
export function apiRoutes(handlers: ApiHandlers): readonly Route[] {
  const routes = [
    commandRoute(handlers),
    ...reportRoutes(handlers, handlers.reports),
    backupRoute(handlers, handlers.backUp),
    ...readRoutes(handlers, handlers.look),
    ...auditRoutes(handlers, handlers.audit),
    ...versionStatusRoutes(handlers, handlers.versionStatus),
    // Nothing that is public takes a body.
  ].map((route) => (route.method === 'POST' ? { ...route, turnsAway: turnsAway(handlers) } : route));
  return [...routes, openApiRoute(routes)];
}
