import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ask, NoAnswer } from '../../executors/ask.ts';
import { examineDatabase } from '../../store/sqlite-open.ts';
import { examinePostgres } from '../../store/postgres-start.ts';
import { StoreLocked } from '../../store/store.ts';
import { storePath } from '../../store/store-path.ts';
import type { Secret } from '../../trust/secrets.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** The store: intact and free, or in the hands of a bot that can write to it. */
export const store: Check = {
  area: 'Machine',
  name: 'store',
  look: async (patient, signal) => [
    ...(patient.probeStore
      ? [await probe(patient.probeStore)]
      : patient.settings.databaseUrl
        ? [await lookAtDatabase(patient.settings.databaseUrl)]
        : [await lookAtFile(patient, signal)]),
    ...(patient.settings.databaseUrl ? [] : lookAtRights(storePath(patient.settings.dataDir))),
  ],
};

/** A new one is the bot's alone; those of before could be read by everybody. */
function lookAtRights(path: string): readonly Looked[] {
  if (!existsSync(path)) return [];
  const folder = dirname(path);
  if ((statSync(path).mode & 0o004) === 0 || (statSync(folder).mode & 0o001) === 0) return [];
  return [
    wrong(
      'store',
      `${path} can be read by every user of this machine`,
      `Let only the user of the bot read it: chmod -R go-rwx ${folder}`,
    ),
  ];
}

async function probe(write: () => Promise<void>): Promise<Looked> {
  try {
    await write();
    return ok('store', 'can be written');
  } catch (error) {
    return wrong(
      'store',
      `does not take anything: ${(error as Error).message}`,
      'Look at the disk of DATA_DIR, or at the database of DATABASE_URL.',
    );
  }
}

async function lookAtDatabase(url: Secret): Promise<Looked> {
  try {
    await examinePostgres(url);
    return ok('store', 'the database of DATABASE_URL can be used');
  } catch (error) {
    return wrong('store', (error as Error).message, 'More: docs/postgres.md');
  }
}

async function lookAtFile({ settings, botUrl }: Patient, signal: AbortSignal): Promise<Looked> {
  const path = storePath(settings.dataDir);
  if (!existsSync(path)) return ok('store', `${path} is made at the first start`);
  try {
    examineDatabase(path);
    return ok('store', `${path} is intact, and no bot is running on it`);
  } catch (error) {
    if (error instanceof StoreLocked) return askBot(path, botUrl, signal);
    return wrong('store', (error as Error).message);
  }
}

async function askBot(path: string, botUrl: string, signal: AbortSignal): Promise<Looked> {
  try {
    const { status, text } = await ask(`${botUrl}/readyz`, { signal, timeout: checkTimeout });
    if (status === 200) return ok('store', `${path} is in use by the bot at ${botUrl}, which is ready`);
    const said = status === 503 ? `which says: ${text.trim()}` : `which answered ${status}`;
    return wrong('store', `${path} is in use by the bot at ${botUrl}, ${said}`, 'Look at the bot’s log.');
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return unknown(
      'store',
      `${path} is in use by another process, but no bot answers at ${botUrl} (${error.message})`,
      'If the bot runs elsewhere, say where with LASTGOOD_URL; if it hangs, restart it.',
    );
  }
}
