import { createHash } from 'node:crypto';

/** 64 hex digits in lower case. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
