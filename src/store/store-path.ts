import { join } from 'node:path';

/** The file in `DATA_DIR` that holds the store. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'lastgood.db');
}
