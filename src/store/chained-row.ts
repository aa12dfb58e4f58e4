import type { ChainedEvent } from '../trust/audit/trail.ts';

/** An event as both databases give it out to be checked. */
export type ChainedRow = Omit<ChainedEvent, 'by' | 'data' | 'prev' | 'hash'> & {
  readonly by: string;
  readonly data: string;
  readonly prev: string | null;
  readonly hash: string | null;
};

export function toChained(row: ChainedRow): ChainedEvent {
  return {
    ...row,
    by: JSON.parse(row.by) as object,
    data: JSON.parse(row.data) as unknown,
    prev: row.prev ?? undefined,
    hash: row.hash ?? undefined,
  };
}
