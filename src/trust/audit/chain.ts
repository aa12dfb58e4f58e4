import { sha256Hex } from '../sha256.ts';

/** What the chain of a stream covers of an event: all that was said, when and by whom. */
export interface ChainEntry {
  readonly stream: string;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly by: object;
  readonly type: string;
  readonly data: unknown;
}

/** What the first event of a stream follows. */
export const beginning = '0'.repeat(64);

/** The same with the JSON of `by` and `data` as it is stored. */
export type WrittenEntry = Omit<ChainEntry, 'by' | 'data'> & { readonly by: string; readonly data: string };

/**
 * The hash of an event: SHA-256 over the JSON of `[prev, stream, seq, at, by, type, data]`, as 64 hex digits, where `prev`
 * is the hash before it. Members stand in the order in which they were written and are stored, since sorting them would
 * cost more than all the rest; what is read back of plain data has the same text.
 */
export function chainHash(prev: string, entry: ChainEntry): string {
  return writtenHash(prev, writtenEntry(entry));
}

/** The hashes of events that follow one another, the first of them behind `prev`. */
export function chainHashes(prev: string, entries: readonly ChainEntry[]): readonly string[] {
  return writtenHashes(prev, entries.map(writtenEntry));
}

/** As `chainHashes`, for whoever has the JSON already. */
export function writtenHashes(prev: string, entries: readonly WrittenEntry[]): readonly string[] {
  let last = prev;
  return entries.map((entry) => (last = writtenHash(last, entry)));
}

export function writtenEntry({ stream, seq, at, by, type, data }: ChainEntry): WrittenEntry {
  return { stream, seq, at, by: JSON.stringify(by), type, data: JSON.stringify(data) };
}

function writtenHash(prev: string, { stream, seq, at, by, type, data }: WrittenEntry): string {
  return sha256Hex(
    `["${prev}",${JSON.stringify(stream)},${seq},${at},${by},${JSON.stringify(type)},${data}]`,
  );
}
