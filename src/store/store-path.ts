import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The file in `DATA_DIR` that holds the store. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'lastgood.db');
}

/** @throws EACCES and the like: whoever may not look cannot say that there is none. */
export async function isStoreThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
