import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/time.ts';

/** `lastgood-2026-11-22-023700.db`: in the order of their names they are in the order of time. */
export function backupName(at: Instant): string {
  return `lastgood-${new Date(at).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')}.db`;
}

const ofOurs = /^lastgood-(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)\.db$/;

/** Whether somebody may take it away when it is old. */
export function isBackup(name: string): boolean {
  return ofOurs.test(name);
}

/** When it was made, as its name says. */
export function backupTime(name: string): Instant {
  return Date.parse(name.replace(ofOurs, '$1T$2:$3:$4Z'));
}

/** What it is called while it is made. */
export function unfinishedName(name: string): string {
  return `.${name}.${randomUUID()}.tmp`;
}

/** Whether it is a part of a backup of ours that is being made, or that somebody who was killed has left. */
export function isUnfinished(name: string): boolean {
  return /^\.lastgood-[\d-]{17}\.db\.[\da-f-]{36}\.tmp(-journal|-wal)?$/.test(name);
}

/** Folders in which a database is written down before it is a backup. */
export const writingDown = 'backing-up-';
