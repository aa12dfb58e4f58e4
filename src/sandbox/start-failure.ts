import { sayStartFailure } from '../bot/start-failure.ts';
import { FolderTaken } from './folder.ts';

/** Says on one line why a sandbox or a demo cannot start, in terms of its own options, and ends the process. */
export function endWith(what: string, error: unknown): never {
  const { message, exitCode } = explain(error);
  console.error(`${what} ${message}`);
  process.exit(exitCode);
}

function explain(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof FolderTaken) return { message: error.message, exitCode: 78 };
  // What `parseArgs` refuses: the words on the command line.
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return { message: error.message, exitCode: 2 };
  }
  if (error instanceof RangeError) return { message: error.message, exitCode: 2 };
  const { message, exitCode } = sayStartFailure(error);
  const inOurTerms = message
    .replace('with PORT', 'with -- --port N')
    .replace(/with DATA_DIR.*\./, 'with -- --data DIR.');
  return { message: inOurTerms, exitCode };
}
