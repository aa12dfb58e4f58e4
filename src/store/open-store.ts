import type { Instant } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { openSqliteStore } from './sqlite.ts';
import { storePath } from './store-path.ts';
import type { Store } from './store.ts';

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
): Promise<Store> {
  const { databaseUrl: url, dataDir } = settings;
  const { now, warn } = options;
  if (!url) return openSqliteStore({ path: storePath(dataDir), now });
  // Not everybody's memory has to hold the driver.
  const { openPostgresStore } = await import('./postgres.ts');
  return openPostgresStore({ url, warn });
}
