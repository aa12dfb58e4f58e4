import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { schedule } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../engine/log.ts';
import { backupName, backupsIn } from '../store/backup-file.ts';
import type { OpenedStore } from '../store/open-store.ts';
import { isFirst, oneOfAll } from './schedule.ts';
import type { ShoutOnce } from './shout-once.ts';

/** Two weeks of nights. */
const kept = 14;
const hour = 60 * 60_000;
const day = 24 * hour;
/** When least is going on: 02:37 UTC. */
const timeOfDay = (2 * 60 + 37) * 60_000;
const name = 'backup';

interface Parts {
  readonly store: Pick<OpenedStore, 'backUp' | 'advanceMark'>;
  /** Where the nightly ones go; undefined: none are made. */
  readonly dir: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly shout: ShoutOnce;
}

/**
 * One backup a night, by one of all replicas; a night that was missed is made up for at the start. The newest are kept.
 * Returns how to stop it.
 */
export async function startBackups(parts: Parts): Promise<() => Promise<void>> {
  const { store, dir, clock } = parts;
  if (dir === undefined) return () => Promise.resolve();
  const due = Math.floor((clock.now() - timeOfDay) / day) * day + timeOfDay;
  // As the schedule below says that a night was seen to.
  if (await isFirst(store, name, due)) void backUpTo(dir, parts);
  const nightly = schedule('37 2 * * *', () => backUpTo(dir, parts), {
    timezone: 'Etc/UTC',
    noOverlap: true,
    name,
    ...oneOfAll(store),
  });
  return async () => {
    await nightly.destroy();
  };
}

/** Never rejects: what failed is told. */
export async function backUpTo(dir: string, { store, clock, log, shout }: Parts): Promise<void> {
  try {
    const path = join(dir, backupName(clock.now()));
    await store.backUp(path);
    const old = (await backupsIn(dir)).slice(kept);
    for (const each of old) await rm(join(dir, each));
    log.info({ path, forgotten: old.length }, 'the store was backed up');
  } catch (error) {
    log.error({ error }, 'the store could not be backed up');
    const why = error instanceof Error ? error.message : String(error);
    await shout(`backup/${new Date(clock.now()).toISOString().slice(0, 10)}`, {
      text: `Tonight’s backup failed. ${why}`,
    }).catch((second: unknown) => log.error({ error: second }, 'nor could that be told'));
  }
}

const downloads = 'download-';

/** A backup for whoever asks for one now: a file that is gone when it was handed out. */
export function downloadOf(store: Pick<OpenedStore, 'backUp'>, dataDir: string, clock: Pick<Clock, 'now'>) {
  return async (): Promise<{
    readonly path: string;
    readonly name: string;
    readonly sent: () => Promise<void>;
  }> => {
    await mkdir(dataDir, { recursive: true });
    const folder = await mkdtemp(join(dataDir, downloads));
    const sent = (): Promise<void> => rm(folder, { recursive: true, force: true });
    const path = join(folder, backupName(clock.now()));
    try {
      await store.backUp(path);
      return { path, name: backupName(clock.now()), sent };
    } catch (error) {
      await sent();
      throw error;
    }
  };
}

/** Takes away what was being handed out when the bot was killed; what is younger may be another replica's. */
export async function forgetDownloads(dataDir: string, clock: Pick<Clock, 'now'>): Promise<void> {
  const found = await readdir(dataDir).catch(() => []);
  for (const each of found.filter((one) => one.startsWith(downloads))) {
    const folder = join(dataDir, each);
    const { mtimeMs } = await stat(folder);
    if (clock.now() - mtimeMs > hour) await rm(folder, { recursive: true, force: true });
  }
}
