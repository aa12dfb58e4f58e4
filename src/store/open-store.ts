import type { Instant } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import type { DocumentRows } from './document-rows.ts';
import { openSqliteStore } from './sqlite.ts';
import { storePath } from './store-path.ts';
import type { Store } from './store.ts';

/** A store, and what is kept in it that the engine does not see. */
export interface OpenedStore extends Store {
  readonly documents: DocumentRows;
  /**
   * Writes all that is stored, as of one moment, into a new file: a SQLite store, whichever this one is. Everything else
   * goes on meanwhile. What fails leaves no file of that name.
   */
  readonly backUp: (to: string) => Promise<void>;
}

/**
 * The store that the settings name: with a `databaseUrl` the PostgreSQL database, otherwise a file in `dataDir`.
 * @param options.now this machine's time, for a file; a database has its own
 * @throws StoreLocked, StoreCorrupt, StoreTooNew, StoreUnavailable
 */
export async function openStore(
  settings: { readonly databaseUrl: Secret | undefined; readonly dataDir: string },
  options: {
    readonly now: () => Instant;
    readonly warn: (fields: { readonly error?: unknown }, message: string) => void;
  },
): Promise<OpenedStore> {
  const { databaseUrl: url, dataDir } = settings;
  const { now, warn } = options;
  if (!url) return openSqliteStore({ path: storePath(dataDir), now });
  // Not everybody's memory has to hold the driver.
  const { openPostgresStore } = await import('./postgres.ts');
  return openPostgresStore({ url, folder: dataDir, warn });
}
