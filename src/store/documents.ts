import { readdir } from 'node:fs/promises';
import { basename, join, parse } from 'node:path';
import { Low } from 'lowdb';
import type { z } from 'zod';
import type { DocumentRows, DocumentVersion } from './document-rows.ts';
import { DocumentInvalid, readDocumentText } from './document-text.ts';
import { prepareFolder, readIfThere, replaceFile } from './durable-file.ts';
import { inTurn } from './in-turn.ts';
import { StaleStream } from './store.ts';

/** A JSON file that people and CI read. The store has every version of it; the file is its public face, on each machine. */
export interface Document<T> {
  /** What was read or written last. */
  readonly read: () => T;
  /** Resolves with the new text when it is stored and in the file. Updates go one after another, each on what the last made. */
  readonly update: (change: (value: T) => T) => Promise<string>;
  /** What the file holds at this moment. One that another machine has gone past is brought up to date first. */
  readonly look: () => Promise<Look<T>>;
  /** Makes what somebody wrote into the file here the newest version, so that it is the same everywhere. */
  readonly adopt: (text: string) => Promise<void>;
}

export type Look<T> =
  /** `edited`: somebody wrote it, or put an older version back. */
  | { readonly text: string; readonly value: T; readonly edited: boolean; readonly problem?: never }
  /** It is not there, or not what it has to be; `text` is what stands there then. */
  | { readonly problem: string; readonly text?: string };

/** Others may be faster; so often in a row they are not. */
const mostTries = 5;

/**
 * Opens the document: its newest version, or what the file holds when none is stored, or `initial`. An edit made
 * outside is never lost: before the next update goes over it, it is kept beside the file as `<name>.edited-<n>.json`.
 * @param options.rows its versions, under the file's name
 * @param options.schema what a file has to be; it is also checked before writing, so that what we write we can read.
 *   Keys that it strips are gone from the file after the next update.
 * @param options.replaceable what it holds is known elsewhere: a file that cannot be used counts as an edit, which the
 *   first update goes over
 * @throws DocumentInvalid when the file is not JSON or does not fit the schema; it is left as it is
 */
export async function openDocument<T extends object>(options: {
  readonly path: string;
  readonly rows: DocumentRows;
  readonly initial: T;
  readonly schema: z.ZodType<T>;
  readonly replaceable?: boolean;
}): Promise<Document<T>> {
  const { path, rows, initial, schema, replaceable = false } = options;
  const name = basename(path);
  await prepareFolder(path);

  let newest: DocumentVersion | undefined;
  /** The newest version that is known to have stood in the file here. */
  let shown = 0;
  /** What somebody wrote here and we made a version: the only one that is kept beside the file, too. */
  let adopted: string | undefined;
  const low = new Low<T>(
    {
      read: async () => {
        newest = await rows.newest(name);
        return newest ? readDocumentText(path, newest.text, schema) : null;
      },
      write: async (value) => {
        await store(`${JSON.stringify(value, null, 2)}\n`);
        await show();
      },
    },
    initial,
  );

  async function store(text: string): Promise<void> {
    const next = { version: (newest?.version ?? 0) + 1, text };
    await rows.add(name, next);
    newest = next;
  }

  async function show(): Promise<void> {
    const found = await readIfThere(path);
    if (found !== undefined && (found === adopted || (await isEdit(found)))) await keepEdited(path, found);
    adopted = undefined;
    await replaceFile(path, newest?.text ?? '');
    shown = newest?.version ?? 0;
  }

  /** No version reads so; or an older one than what stood here before, and somebody has put that back. */
  async function isEdit(text: string): Promise<boolean> {
    if (text === newest?.text) return false;
    const version = await rows.versionOf(name, text);
    return version === undefined || version < shown;
  }

  /** The very first version is what somebody has written for us. */
  async function begin(): Promise<void> {
    const text = await readIfThere(path);
    if (text === undefined) return;
    try {
      low.data = readDocumentText(path, text, schema);
      await store(text);
    } catch (error) {
      // Another machine has begun; what stands here is compared with that.
      if (error instanceof StaleStream) return low.read();
      if (!replaceable || !(error instanceof DocumentInvalid)) throw error;
    }
  }

  await low.read();
  if (!newest) await begin();
  let written = low.data;

  // Low writes as often as it is asked to, all at once.
  const turns = inTurn();

  async function update(change: (value: T) => T): Promise<string> {
    for (let tries = 1; ; tries += 1) {
      try {
        await low.read();
        low.data = schema.parse(change(low.data));
        await low.write();
        written = low.data;
        return newest?.text ?? '';
      } catch (error) {
        low.data = written;
        if (!(error instanceof StaleStream) || tries === mostTries) throw error;
      }
    }
  }

  async function look(): Promise<Look<T>> {
    const found = await readIfThere(path);
    if (found === undefined) return { problem: `${path} is not there.` };
    newest = await rows.newest(name);
    const edited = await isEdit(found);
    const text = edited ? found : (newest?.text ?? found);
    if (text !== found) await replaceFile(path, text);
    if (!edited) shown = newest?.version ?? 0;
    try {
      return { text, value: readDocumentText(path, text, schema), edited };
    } catch (error) {
      if (!(error instanceof DocumentInvalid)) throw error;
      return { problem: error.mistakes.slice(0, mistakesTold).join('; '), text };
    }
  }

  return {
    read: () => written,
    update: (change) => turns.next(() => update(change)),
    look: () => turns.next(look),
    adopt: (text) =>
      turns.next(async () => {
        await store(text);
        adopted = text;
        shown = newest?.version ?? 0;
      }),
  };
}

/** A file may be wrong in hundreds of places; so many are enough to see what is the matter. */
const mistakesTold = 5;

async function keepEdited(path: string, text: string): Promise<void> {
  const { dir, name, ext } = parse(path);
  const there = new Set(await readdir(dir || '.'));
  let n = 1;
  while (there.has(`${name}.edited-${n}${ext}`)) n += 1;
  await replaceFile(join(dir, `${name}.edited-${n}${ext}`), text);
}
