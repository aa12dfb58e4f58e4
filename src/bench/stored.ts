import { firingCount } from '../core/incident/firing.ts';
import type { Incident } from '../core/incident/state.ts';
import { openSqliteStore } from '../store/sqlite.ts';

/** How many alerts are firing in all open incidents of a store that nobody has open. */
export async function firingIn(path: string): Promise<number> {
  const store = await openSqliteStore({ path });
  try {
    const open = await store.listStreams('incident', { openOnly: true });
    return open.reduce((sum, { state }) => sum + firingCount(state as Incident), 0);
  } finally {
    await store.close();
  }
}
