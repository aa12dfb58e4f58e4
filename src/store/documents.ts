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
  /** Resolves when the new value is on disk. Updates go one after another, each on what the one before made. */
  readonly update: (change: (value: T) => T) => Promise<void>;
  /** Whether somebody edited or removed the file since we read or wrote it. */
  readonly changedOutside: () => Promise<boolean>;
  /** What the file holds at this moment, whoever wrote it. */
  readonly look: () => Promise<Look<T>>;
}

export type Look<T> =
  | { readonly text: string; readonly value: T; readonly problem?: never }
  /** It is not there, or not what it has to be. */
  | { readonly problem: string };

/**
 * Opens the document, or begins with `initial` when there is no file; the first update creates it. An edit made
 * outside is never lost: before the next update goes over it, it is kept beside the file as `<name>.edited-<n>.json`.
 * @param options.schema what a file has to be; it is also checked before writing, so that what we write we can read.
 *   Keys that it strips are gone from the file after the next update.
 * @throws DocumentInvalid when the file is not JSON or does not fit the schema; it is left as it is
 */
export async function openDocument<T extends object>(options: {
  readonly path: string;
  readonly initial: T;
  readonly schema: z.ZodType<T>;
}): Promise<Document<T>> {
  const { path, initial, schema } = options;
  await prepareFolder(path);

  let lastText: string | undefined;
  const low = new Low<T>(
    {
      read: async () => {
        lastText = await readIfThere(path);
        return lastText === undefined ? null : readDocumentText(path, lastText, schema);
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
      }),
    changedOutside: () => inTurn(async () => (await readIfThere(path)) !== lastText),
    look: () =>
      inTurn(async () => {
        const text = await readIfThere(path);
        if (text === undefined) return { problem: `${path} is not there.` };
        try {
          return { text, value: readDocumentText(path, text, schema) };
        } catch (error) {
          if (!(error instanceof DocumentInvalid)) throw error;
          return { problem: error.message };
        }
      }),
  };
}

async function keepEdited(path: string, text: string): Promise<void> {
  const { dir, name, ext } = parse(path);
  const there = new Set(await readdir(dir || '.'));
  let n = 1;
  while (there.has(`${name}.edited-${n}${ext}`)) n += 1;
  await replaceFile(join(dir, `${name}.edited-${n}${ext}`), text);
}
