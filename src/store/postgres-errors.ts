import { DatabaseError } from 'pg';
import {
  AlreadySettled,
  StaleStream,
  StoreAway,
  StoreCorrupt,
  StoreLocked,
  StoreTooNew,
  StoreUnavailable,
} from './store.ts';

/** Codes of our own, raised by `must` in `postgres-migrations.ts`. */
export const raised = { notThere: 'LG404', settled: 'LG409', numberUsed: 'LG410' } as const;

/** These constraints are fences: whoever breaks one was not the first. */
const fences = new Set(['stream_id', 'stream_alias', 'event_seq', 'inbox_id']);

/**
 * Classes of SQLSTATE that speak of the server and not of the statement: connection, resources, an operator's
 * intervention (shut down, cancelled by a timeout), the system.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const outages = /^(?:08|28|3D|53|57|58)/;
/**
 * A lock that did not come in time, a transaction that stood still or took longer than an operator allows, a server that
 * takes no writes (a standby), a connection that is another one than it was (a pooler's).
 */
const alsoOutages = new Set(['55P03', '25P03', '25P04', '25006', '26000']);

/** What PostgreSQL or the way to it reports, in the store's words; what is about the statement itself stays as it is. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return isLoss(error) ? connectionError(error) : error;
  const code = error.code ?? '';
  if (error.constraint !== undefined && code === '23505' && fences.has(error.constraint))
    return new StaleStream(`Another writer was faster (${error.constraint}).`);
  switch (code) {
    case raised.notThere:
      return new Error(error.message);
    case raised.settled:
      return new AlreadySettled(error.message);
    case raised.numberUsed:
    case '40001':
    case '40P01':
      return new StaleStream(error.message);
    case 'XX001':
    case 'XX002':
      return new StoreCorrupt(
        `PostgreSQL reports damage (${error.message}). Stop Lastgood, keep a copy, and restore the newest backup.`,
      );
    default:
      return outages.test(code) || alsoOutages.has(code)
        ? unavailable(`${error.message} (${code})`, isAway(error))
        : new Error(`PostgreSQL refused a statement: ${error.message} (${code})`);
  }
}

/** The transaction was taken back because of another one, and can be run again as it is. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  // Whoever looks first whether something is said already finds it the second time.
  return error.code === '40001' || error.code === '40P01' || error.constraint === 'outbox_id';
}

export function isNumberUsed(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === raised.numberUsed;
}

/** The server itself has said no, and goes on: what it answered is certain. */
export function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === 'ERROR';
}

/** A database that starts, or that nobody has started yet, or a standby; not one that does not let us in. */
export function isAway(error: unknown): boolean {
  if (error instanceof StoreAway) return true;
  return error instanceof DatabaseError ? /^(?:08|53|57|25006)/.test(error.code ?? '') : isLoss(error);
}

/**
 * What kept a connection from coming about, or ended it: whatever it is, the database cannot be used. The message of the
 * driver names at most host, port and user; its error object holds more, and is not passed on.
 */
export function connectionError(error: unknown): unknown {
  if (isOurs(error)) return error;
  if (error instanceof DatabaseError) return storeError(error);
  if (!(error instanceof Error)) return unavailable('no answer', true);
  const { code } = error as NodeJS.ErrnoException;
  return unavailable(error.message === '' ? (code ?? 'no answer') : error.message, isAway(error));
}

function isLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^E(?:CONN|PIPE|HOST|NET|NOTFOUND|TIMEDOUT|AI_AGAIN|NOENT|ACCES)/.test(code))
    return true;
  return /^(?:Connection terminated|Client (?:has encountered|was closed)|Query read timeout|timeout|Cannot use a pool)/.test(
    message,
  );
}

function unavailable(why: string, away: boolean): StoreUnavailable {
  const Kind = away ? StoreAway : StoreUnavailable;
  return new Kind(
    `The database of DATABASE_URL cannot be used: ${why}. Look whether it runs, takes connections and has room.`,
  );
}

function isOurs(error: unknown): boolean {
  const ours = [StoreUnavailable, StoreTooNew, StoreCorrupt, StoreLocked, StaleStream, AlreadySettled];
  return ours.some((kind) => error instanceof kind);
}
