import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { schedule } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import { tidyBackups } from '../store/backup-file.ts';
import { backupName, writingDown } from '../store/backup-name.ts';
import type { OpenedStore } from '../store/open-store.ts';
import { isFirst, oneOfAll } from './schedule.ts';
import type { ShoutOnce } from './shout-once.ts';

/** Two weeks of nights. */
const kept = 14;
const hour = 60 * 60_000;
const day = 24 * hour;
/** When least is going on: 02:37 UTC. */
const timeOfDay = (2 * 60 + 37) * 60_000;
/** Tonight’s is looked for so often: whoever has begun it and has not finished by then was cut short, or has failed. */
const lookEvery: Milliseconds = 6 * hour;
const name = 'backup';
/** For which night there is one. */
const doneMark = 'made backup';

interface Parts {
  readonly store: Pick<OpenedStore, 'backUp' | 'advanceMark' | 'readMark' | 'writeMark' | 'isAlone'>;
  readonly storeId: string;
  /** Where the nightly ones go; undefined: none are made. */
  readonly dir: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly shout: ShoutOnce;
}

/**
 * One backup a night, by one of all replicas. One that is missing, since nobody ran at that time, or whoever ran was stopped
 * meanwhile or could not make it, is made up for at the next start, or within hours. The newest are kept. Returns how to
 * stop it.
 */
export async function startBackups(parts: Parts): Promise<() => Promise<void>> {
  const { store, dir, clock } = parts;
  if (dir === undefined) return () => Promise.resolve();
  const stopping = new AbortController();
  const isMissing = async (at: Instant) => (await store.readMark(doneMark)) !== nightOf(at);
  const now = clock.now();
  // Until the next look, and in its place; but for the one at 02:37, which is for another night.
  const next = Math.min(lastBefore(now, lookEvery) + lookEvery, lastBefore(now, day) + day - lookEvery);
  // Where there is nobody else, whoever has begun it is gone.
  if ((await isMissing(now)) && ((await isFirst(store, name, next, lookEvery)) || store.isAlone()))
    void backUpTo(dir, parts, now, stopping.signal);
  const looks = schedule(
    '37 2,8,14,20 * * *',
    async ({ date }) => {
      if (await isMissing(date.getTime())) await backUpTo(dir, parts, date.getTime(), stopping.signal);
    },
    { timezone: 'Etc/UTC', noOverlap: true, name, ...oneOfAll(store, lookEvery) },
  );
  return async () => {
    stopping.abort();
    await looks.destroy();
  };
}

/** The last of the times of day that are so far apart. */
function lastBefore(now: Instant, apart: Milliseconds): Instant {
  return Math.floor((now - timeOfDay) / apart) * apart + timeOfDay;
}

/** Until it is 02:37 again. */
function nightOf(at: Instant): string {
  return new Date(lastBefore(at, day)).toISOString();
}

/**
 * Never rejects: what failed is told.
 * @param at a time of the night that it is for
 * @param stopping the bot is about to end, which is no failure
 */
export async function backUpTo(
  dir: string,
  parts: Parts,
  at: Instant,
  stopping?: AbortSignal,
): Promise<void> {
  const { store, storeId, clock, log } = parts;
  const path = join(dir, backupName(clock.now(), storeId));
  try {
    await store.backUp(path);
    await store.writeMark(doneMark, nightOf(at));
  } catch (error) {
    if (stopping?.aborted)
      log.info({ error }, 'the backup was given up, since Lastgood ends; the next start makes up for it');
    else await tell('Tonight’s backup failed', error, parts);
    return;
  }
  try {
    log.info({ path, forgotten: await tidyBackups(dir, kept, storeId) }, 'the store was backed up');
  } catch (error) {
    await tell('Tonight’s backup is there, but old ones could not be taken away', error, parts);
  }
}

async function tell(what: string, error: unknown, { clock, log, shout }: Parts): Promise<void> {
  log.error({ error }, what);
  const why = error instanceof Error ? error.message : String(error);
  await shout(`backup/${new Date(clock.now()).toISOString().slice(0, 10)}`, {
    text: `${what}. ${why}`,
  }).catch((second: unknown) => log.error({ error: second }, 'nor could that be told'));
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

/** Takes away what was being made or handed out when the bot was killed; what is younger may be another replica's. */
export async function forgetUnfinished(dataDir: string, clock: Pick<Clock, 'now'>): Promise<void> {
  const found = await readdir(dataDir).catch(() => []);
  const ours = [downloads, writingDown];
  for (const each of found.filter((one) => ours.some((prefix) => one.startsWith(prefix)))) {
    const folder = join(dataDir, each);
    const { mtimeMs } = await stat(folder);
    if (clock.now() - mtimeMs > day) await rm(folder, { recursive: true, force: true });
  }
}
