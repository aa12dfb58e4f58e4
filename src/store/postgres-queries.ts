import type { Pool } from 'pg';
import type { Instant } from '../core/time.ts';
import { storeError } from './postgres-errors.ts';
import { withClient } from './postgres-pool.ts';
import { run, type Statement, type Value } from './postgres-rows.ts';

/** Single statements, each durable by itself. */
export interface Queries {
  readonly rowsOf: <Row extends object>(
    what: Statement,
    ...values: readonly Value[]
  ) => Promise<readonly Row[]>;
  /** @returns how many rows it changed */
  readonly change: (what: Statement, ...values: readonly Value[]) => Promise<number>;
}

/** @param during counts what is under way */
export function queriesOn(pool: Pool, during: <T>(work: () => Promise<T>) => Promise<T>): Queries {
  function query<Row extends object>(what: Statement, values: readonly Value[]) {
    return during(() =>
      withClient(pool, (client) => run<Row>(client, what, values)).catch((error: unknown) => {
        throw storeError(error);
      }),
    );
  }
  return {
    rowsOf: async <Row extends object>(what: Statement, ...values: readonly Value[]) =>
      (await query<Row>(what, values)).rows,
    change: async (what, ...values) => (await query(what, values)).rowCount ?? 0,
  };
}

export interface At {
  readonly at: Instant | null;
}
