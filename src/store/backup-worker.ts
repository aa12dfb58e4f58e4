import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { isBackup, isUnfinished, nightlyOf } from './backup-name.ts';

/*
 * `node backup-worker.js make|replace|remove|list|tidy …`: all that touches the folder of backups. That may be on a network
 * that has gone away, and whoever asks anything of it then hangs until it is back: this process can be killed, or left alone,
 * where a thread of the bot could not, and would keep the bot from looking up names and even from ending. Besides, reading
 * all of a large store takes seconds; and whoever opens and closes a file loses the locks that SQLite has on it.
 */

const day = 24 * 60 * 60_000;

const [verb, ...given] = process.argv.slice(2);
const [first = '', second = '', third = '', fourth = ''] = given;
// It tells whom to call and what people say in an outage.
process.umask(0o077);
switch (verb) {
  case 'make':
    make(first, second, third, Number(fourth), giveName);
    break;
  case 'replace':
    make(first, second, third, Number(fourth), renameSync);
    break;
  case 'remove':
    remove(first);
    break;
  case 'list':
    process.stdout.write(JSON.stringify(list(first)));
    break;
  case 'tidy':
    process.stdout.write(String(tidy(first, Number(second), third)));
    break;
  default:
    throw new Error(`There is no ${verb}.`);
}

/**
 * Copies the file of a database, whose owner leaves it as it is meanwhile, sees to it that the copy is whole, one file, and
 * on the disk, and gives it its name.
 * @param owner the process that started this one
 * @param name gives it its name
 */
function make(
  from: string,
  temporary: string,
  to: string,
  owner: number,
  name: (temporary: string, to: string) => void,
): void {
  const folder = dirname(to);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  copyFileSync(from, temporary);
  const db = new DatabaseSync(temporary);
  db.exec('PRAGMA journal_mode = DELETE');
  const [found] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
  db.close();
  flush(temporary, 'r+');
  if (found?.integrity_check !== 'ok') throw new Error(`The copy is damaged: ${found?.integrity_check}`);
  // Without an owner, the next one may have written into the file while it was copied.
  if (process.ppid !== owner) throw new Error('The bot has ended meanwhile.');
  name(temporary, to);
  flush(folder, 'r');
}

/** Not in the place of another file that nobody has named: the folder may be that of several bots. */
function giveName(temporary: string, to: string): void {
  try {
    linkSync(temporary, to);
  } catch (error) {
    if (existsSync(to)) throw new Error('There is a file of that name already.', { cause: error });
    // Not every file system on a network has links.
    renameSync(temporary, to);
  }
  remove(temporary);
}

function remove(temporary: string): void {
  for (const end of ['', '-journal', '-wal']) rmSync(`${temporary}${end}`, { force: true });
}

/** The newest first; none where there is no folder. */
function list(folder: string): readonly string[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder).filter(isBackup).toSorted().toReversed();
}

/**
 * Keeps the newest nightly ones of a store and all that are not, and nothing that was left unfinished.
 * @returns how many backups it has taken away
 */
function tidy(folder: string, kept: number, store: string): number {
  const left = readdirSync(folder).filter(isUnfinished);
  for (const name of left) {
    // What is younger may be another replica's. One that has just finished its own is none.
    const { mtimeMs = Infinity } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > day) rmSync(join(folder, name), { force: true });
  }
  const old = nightlyOf(store, list(folder)).slice(kept);
  for (const name of old) rmSync(join(folder, name), { force: true });
  return old.length;
}

/** Of a file, what stands in it; of a folder, which names are in it. */
function flush(path: string, flags: 'r' | 'r+'): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
