import { sayBetween } from '../../core/time.ts';
import { backupsIn, backupTime } from '../../store/backup-file.ts';
import type { Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';

/** One night, and what it may take. */
const oldest = 26 * 60 * 60_000;

/** Whether there is something to go back to when the store is lost. */
export const backups: Check = {
  area: 'Machine',
  name: 'backups',
  // That none are made by themselves, the settings say.
  look: async ({ settings: { backupDir, databaseUrl }, now }) =>
    backupDir === undefined ? [] : [await lookAt(backupDir, now(), databaseUrl !== undefined)],
};

async function lookAt(dir: string, now: number, isShared: boolean): Promise<Looked> {
  const [newest] = await backupsIn(dir).catch(() => []);
  if (newest !== undefined && now - backupTime(newest) <= oldest)
    return ok('backups', `the newest in ${dir} is ${newest}`);
  const what =
    newest === undefined
      ? `there is none in ${dir}`
      : `the newest in ${dir}, ${newest}, is ${sayBetween(backupTime(newest), now)} old`;
  if (isShared)
    return unknown('backups', `${what}; another replica may have made last night’s on its machine`);
  return wrong('backups', what, 'Start the bot, which makes up for a missed night; its log says what fails.');
}
