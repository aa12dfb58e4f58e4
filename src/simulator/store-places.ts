import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instant } from '../core/time.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import type { Database } from './model-database.ts';
import { openModelStore } from './model-store.ts';
import { mirrored } from './mirrored.ts';
import type { Process } from './process.ts';
import type { Wire } from './wire.ts';
import { wiredStore } from './wired-store.ts';

export type StoreKind = 'model' | 'sqlite';

/** Where the processes of a run keep what has to survive them. */
export interface StorePlace {
  /** How many may have it open at a time. */
  readonly replicas: number;
  readonly open: (process: Process, wire: Wire) => Promise<Store>;
  /** Something is under way that takes no simulated time, but more than a turn of the event loop. */
  readonly isBusy: () => boolean;
  readonly remove: () => Promise<void>;
}

/**
 * @param database what the invariants look at: the model store itself, or what should be in the real one
 * @param differs hears when a real one keeps other promises than the model
 */
export function storePlace(
  kind: StoreKind,
  database: Database,
  differs: (how: string) => void,
): Promise<StorePlace> {
  return kind === 'model' ? modelPlace(database) : sqlitePlace(database, differs);
}

async function modelPlace(database: Database): Promise<StorePlace> {
  return {
    replicas: 2,
    open: ({ name }, wire) => openModelStore(database, { name, wire }),
    isBusy: () => false,
    remove: async () => undefined,
  };
}

/**
 * A SQLite file of its own, in a temporary folder. What it has stored is stored once more in the model, so that everything
 * can be looked at in the moment in which it becomes durable. It does all its work within a few turns of the event loop,
 * whatever the disk takes, and so plays the same each time.
 */
async function sqlitePlace(database: Database, differs: (how: string) => void): Promise<StorePlace> {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-simulation-'));
  const path = join(folder, 'lastgood.db');
  const pending = { count: 0 };
  let before: Store | undefined;
  const now = (): Instant => database.now();
  return {
    replicas: 1,
    open: async ({ name }, wire) => {
      // The kernel closes the file of a process that was killed, once what had begun is on the disk.
      await before?.close();
      database.replicas.clear();
      const real = await openSqliteStore({ path, now });
      before = real;
      const model = await openModelStore(database, { name });
      return wiredStore(mirrored(real, model, { pending, differs }), wire);
    },
    isBusy: () => pending.count > 0,
    remove: async () => {
      await before?.close();
      await rm(folder, { recursive: true });
    },
  };
}
