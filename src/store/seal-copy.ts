import { closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';

/*
 * `node seal-copy.js <copy> [<database>]`: copies the file of a database, whose owner leaves it as it is meanwhile, and
 * sees to it that the copy is whole, one file, and on the disk. It is a process of its own since reading all of a large
 * store takes seconds; and since whoever opens and closes a file loses the locks that SQLite has on it.
 */

const [copy = '', from] = process.argv.slice(2);
// It tells whom to call and what people say in an outage.
process.umask(0o077);
if (from !== undefined) copyFileSync(from, copy);
const db = new DatabaseSync(copy);
db.exec('PRAGMA journal_mode = DELETE');
const [first] = db.prepare('PRAGMA integrity_check(1)').all() as { integrity_check: string }[];
db.close();
const file = openSync(copy, 'r+');
fsyncSync(file);
closeSync(file);
if (first?.integrity_check !== 'ok') throw new Error(`The copy is damaged: ${first?.integrity_check}`);
