import { StoreCorrupt, StoreLocked, StoreUnavailable } from './store.ts';

/**
 * What SQLite reports about the file rather than about the statement, in the store's words.
 * Result codes: https://sqlite.org/rescode.html
 * @returns undefined for any other error
 */
export function storeFailure(
  error: unknown,
  path: string,
): StoreUnavailable | StoreLocked | StoreCorrupt | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (primaryCode(error)) {
    case 5: // BUSY
      return new StoreLocked(
        `${path} is in use by another process; Lastgood locks its store while it runs. ` +
          'Talk to the running one through its API (LASTGOOD_URL), or stop it first.',
        { cause: error },
      );
    case 7: // NOMEM
    case 8: // READONLY
    case 10: // IOERR
    case 13: // FULL
    case 14: // CANTOPEN
      return new StoreUnavailable(
        `${path} cannot be used: ${error.message}. ` +
          'Look whether the disk has room and works, and whether the folder and the file may be written.',
        { cause: error },
      );
    case 11: // CORRUPT
    case 26: // NOTADB
      return damaged(path, error.message, error);
    default:
      return undefined;
  }
}

export function damaged(path: string, detail: string, cause?: Error): StoreCorrupt {
  return new StoreCorrupt(
    `${path} is damaged (${detail}). It was left as it is. To restore: keep ${path} and, where there is one, ` +
      `${path}-wal in another folder, put the newest backup in its place as ${path}, and start again.`,
    { cause },
  );
}

/** SQLite's standing texts: the binding names no code when `all` fails, and the last one has that of any mistake in SQL. */
const standingTexts = new Map([
  ['out of memory', 7],
  ['disk I/O error', 10],
  ['database disk image is malformed', 11],
  ['file is not a database', 26],
  ['unsupported file format', 26],
]);

function primaryCode(error: Error & { readonly errcode?: unknown }): number | undefined {
  const code = standingTexts.get(error.message);
  // The upper bits say more precisely what the lowest eight say.
  return code ?? (typeof error.errcode === 'number' ? error.errcode & 0xff : undefined);
}
