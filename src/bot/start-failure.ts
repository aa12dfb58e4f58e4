import { DocumentInvalid } from '../store/document-text.ts';
import { StoreAway, StoreCorrupt, StoreLocked, StoreTooNew, StoreUnavailable } from '../store/store.ts';

/**
 * What a person can do about a start that failed. 78 means: change the configuration (or stop the other process), and
 * nobody starts it again by itself; 1 that it may go better the next time.
 */
export function sayStartFailure(error: unknown): { readonly message: string; readonly exitCode: 1 | 78 } {
  if (error instanceof StoreAway) return { message: error.message, exitCode: 1 };
  const advised = [StoreLocked, StoreCorrupt, StoreUnavailable, StoreTooNew, DocumentInvalid];
  if (advised.some((kind) => error instanceof kind) && error instanceof Error) {
    return { message: error.message, exitCode: 78 };
  }
  if (!(error instanceof Error)) return { message: String(error), exitCode: 1 };
  const { code, port, path, address } = error as NodeJS.ErrnoException & {
    readonly port?: number;
    readonly address?: string;
  };
  switch (code) {
    case 'EADDRINUSE':
      return {
        message: `Port ${port ?? ''} is taken by another program. Stop that one, or choose another with PORT.`,
        exitCode: 78,
      };
    case 'EACCES':
    case 'EROFS':
    case 'EPERM':
      return {
        message: `${path ?? 'A file or port'} cannot be written or opened by this user. Give it the right, or choose another place with DATA_DIR, SECURITY_DIR or PORT.`,
        exitCode: 78,
      };
    case 'EADDRNOTAVAIL':
      return {
        message: `${address ?? 'The address'} is no address of this machine. Choose another with HOST.`,
        exitCode: 78,
      };
    case 'EEXIST':
    case 'ENOTDIR':
      return {
        message: `${path ?? 'A folder'} cannot be a folder: something else has that name. Choose another place with DATA_DIR or SECURITY_DIR.`,
        exitCode: 78,
      };
    case 'ENOSPC':
      return {
        message: `The disk of ${path ?? 'DATA_DIR'} is full. Make room and start again.`,
        exitCode: 78,
      };
    default:
      return { message: error.stack ?? error.message, exitCode: 1 };
  }
}
