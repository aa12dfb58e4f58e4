import { sayBetween } from '../../core/time.ts';
import { backupsIn } from '../../store/backup-file.ts';
import { backupStore, backupTime } from '../../store/backup-name.ts';
import type { Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';

/** One night, and what it may take. */
const oldest = 26 * 60 * 60_000;

/** Whether there is something to go back to when the store is lost. */
export const backups: Check = {
  area: 'Machine',
  name: 'backups',
  // That none are made by themselves, the settings say.
  look: async ({ settings: { backupDir, databaseUrl }, storeId, now }, signal) => {
    if (backupDir === undefined) return [];
    const names = (await backupsIn(backupDir, signal)).filter(
      // The others are of bots that have the same folder.
      (name) => storeId === undefined || [undefined, storeId].includes(backupStore(name)),
    );
    return [lookAt(backupDir, names, now(), databaseUrl !== undefined)];
  },
};

function lookAt(dir: string, names: readonly string[], now: number, isShared: boolean): Looked {
  // One of a time that has not come was made while the clock was ahead: nobody knows when.
  const made = names.filter((name) => backupTime(name) <= now);
  const [newest] = made;
  if (newest !== undefined && now - backupTime(newest) <= oldest) {
    const stores = new Set(made.map(backupStore).filter((store) => store !== undefined));
    if (stores.size <= 1) return ok('backups', `the newest in ${dir} is ${newest}`);
    const ofEach = [...stores].map((store) => made.find((name) => backupStore(name) === store));
    return unknown(
      'backups',
      `${dir} has those of several stores; the newest of each are ${ofEach.join(', ')}`,
      'Ask for the doctor in Slack: the running bot knows its own. Delete those of stores that are no more.',
    );
  }
  const what =
    newest === undefined
      ? `there is none in ${dir}`
      : `the newest in ${dir}, ${newest}, is ${sayBetween(backupTime(newest), now)} old`;
  if (isShared)
    return unknown('backups', `${what}; another replica may have made last night’s on its machine`);
  return wrong('backups', what, 'Start the bot, which makes up for a missed night; its log says what fails.');
}
