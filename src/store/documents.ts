import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { Low } from 'lowdb';
import type { z } from 'zod';
import { DocumentInvalid, readDocumentText } from './document-text.ts';
import { prepareFolder, readIfThere, replaceFile } from './durable-file.ts';

/** A JSON file that people and CI read. The store is the truth; this is its public face. */
export interface Document<T> {
  /** What was read or written last. */
  readonly read: () => T;
  /** Resolves with the file's new text when it is on disk. Updates go one after another, each on what the last made. */
  readonly update: (change: (value: T) => T) => Promise<string>;
  /** What the file holds at this moment, whoever wrote it. */
  readonly look: () => Promise<Look<T>>;
}

export type Look<T> =
  | { readonly text: string; readonly value: T; readonly problem?: never }
  /** It is not there, or not what it has to be; `text` is what stands there then. */
  | { readonly problem: string; readonly text?: string };

/**
 * Opens the document, or begins with `initial` when there is no file; the first update creates it. An edit made
 * outside is never lost: before the next update goes over it, it is kept beside the file as `<name>.edited-<n>.json`.
 * @param options.schema what a file has to be; it is also checked before writing, so that what we write we can read.
 *   Keys that it strips are gone from the file after the next update.
 * @param options.replaceable what it holds is known elsewhere: a file that cannot be used counts as an edit, which the
 *   first update goes over
 * @throws DocumentInvalid when the file is not JSON or does not fit the schema; it is left as it is
 */
export async function openDocument<T extends object>(options: {
  readonly path: string;
  readonly initial: T;
  readonly schema: z.ZodType<T>;
  readonly replaceable?: boolean;
}): Promise<Document<T>> {
  const { path, initial, schema, replaceable = false } = options;
  await prepareFolder(path);

  let lastText = '';
  const low = new Low<T>(
    {
      read: async () => {
        const text = await readIfThere(path);
        if (text === undefined) return null;
        try {
          const value = readDocumentText(path, text, schema);
          lastText = text;
          return value;
        } catch (error) {
          if (replaceable && error instanceof DocumentInvalid) return null;
          throw error;
        }
      },
      write: async (value) => {
        const found = await readIfThere(path);
        if (found !== undefined && found !== lastText) await keepEdited(path, found);
        const text = `${JSON.stringify(value, null, 2)}\n`;
        await replaceFile(path, text);
        lastText = text;
      },
    },
    initial,
  );
  await low.read();
  let written = low.data;

  // Low writes as often as it is asked to, all at once.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <R>(step: () => Promise<R>): Promise<R> => {
    const turn = last.then(step, step);
    last = turn;
    return turn;
  };

  return {
    read: () => written,
    update: (change) =>
      inTurn(async () => {
        low.data = schema.parse(change(written));
        await low.write();
        written = low.data;
        return lastText;
      }),
    look: () =>
      inTurn(async () => {
        const text = await readIfThere(path);
        if (text === undefined) return { problem: `${path} is not there.` };
        try {
          return { text, value: readDocumentText(path, text, schema) };
        } catch (error) {
          if (!(error instanceof DocumentInvalid)) throw error;
          return { problem: error.mistakes.slice(0, mistakesTold).join('; '), text };
        }
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
