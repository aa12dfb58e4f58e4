import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/time.ts';

/**
 * `lastgood-2026-11-22-023700-k3x9w2.db`: in the order of their names they are in the order of time.
 * @param store its id, in the name of a nightly one: several bots may have one folder. What somebody asks for has none.
 */
export function backupName(at: Instant, store?: string): string {
  const time = new Date(at).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return `lastgood-${time}${store === undefined ? '' : `-${store}`}.db`;
}

const ofOurs = /^lastgood-(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)(?:-([\w-]+))?\.db$/;

export function isBackup(name: string): boolean {
  return ofOurs.test(name);
}

/** When it was made, as its name says. */
export function backupTime(name: string): Instant {
  return Date.parse(name.replace(ofOurs, '$1T$2:$3:$4Z'));
}

/** The id of its store; undefined for one that somebody asked for, or of before they told it. */
export function backupStore(name: string): string | undefined {
  return ofOurs.exec(name)?.[5];
}

/** As nightly ones were called before they told their store. Nobody asks for one at that time. */
const nightlyBefore = /-0237\d\d\.db$/;

/**
 * Which backups of a folder are the nightly ones of a store, to be taken away when they are old. Those of before are, too,
 * as long as no other store has any there: else nobody can say whose they are.
 */
export function nightlyOf(store: string, names: readonly string[]): readonly string[] {
  const isShared = names.some((name) => ![undefined, store].includes(backupStore(name)));
  return names.filter((name) =>
    backupStore(name) === undefined ? !isShared && nightlyBefore.test(name) : backupStore(name) === store,
  );
}

/** What it is called while it is made. */
export function unfinishedName(name: string): string {
  return `.${name}.${randomUUID()}.tmp`;
}

/** Whether it is a part of a backup of ours that is being made, or that somebody who was killed has left. */
export function isUnfinished(name: string): boolean {
  return /^\.lastgood-[\d-]{17}(-[\w-]+)?\.db\.[\da-f-]{36}\.tmp(-journal|-wal)?$/.test(name);
}

/** Folders in which a database is written down before it is a backup. */
export const writingDown = 'backing-up-';
