/** A table that SQLite and PostgreSQL both have, and what of it goes from one to the other. */
export interface PortableTable {
  readonly name: string;
  /** Whether it has a `pos`, the order of arrival, which is kept. */
  readonly ordered: boolean;
  /** A row of it may have some megabytes. */
  readonly heavy?: true;
  readonly columns: Readonly<Record<string, 'text' | 'bigint' | 'boolean'>>;
  /** What only PostgreSQL has, as SQL: nobody who is alive owns anything yet. */
  readonly added?: Readonly<Record<string, string>>;
}

/** Its columns, in one order. */
export function columnsOf({ ordered, columns }: PortableTable): readonly (readonly [string, string])[] {
  return Object.entries({ ...(ordered ? { pos: 'bigint' } : {}), ...columns });
}

/** So that whatever reads it gets it in the order of arrival, or at least always in the same. */
export function orderOf({ ordered }: PortableTable): string {
  return ordered ? 'pos' : '1, 2';
}

const nobodys = { owner: `''` };

/** Everything that is stored; streams before what refers to them. */
export const portableTables: readonly PortableTable[] = [
  {
    name: 'inbox',
    ordered: true,
    heavy: true,
    columns: { id: 'text', source: 'text', at: 'bigint', body: 'text', result: 'text', note: 'text' },
    added: nobodys,
  },
  {
    name: 'stream',
    ordered: true,
    columns: {
      id: 'text',
      kind: 'text',
      version: 'bigint',
      wake_at: 'bigint',
      alias: 'text',
      rank: 'text',
      state: 'text',
      hash: 'text',
    },
    // A file has no event without a hash.
    added: { ...nobodys, hashed: 'version' },
  },
  {
    name: 'event',
    ordered: true,
    columns: {
      stream: 'text',
      seq: 'bigint',
      at: 'bigint',
      by: 'text',
      type: 'text',
      data: 'text',
      hash: 'text',
    },
    added: { written: '0' },
  },
  {
    name: 'outbox',
    ordered: true,
    columns: {
      id: 'text',
      stream: 'text',
      lane: 'text',
      priority: 'bigint',
      created_at: 'bigint',
      due_at: 'bigint',
      deadline_at: 'bigint',
      effect: 'text',
      status: 'text',
      attempts: 'bigint',
      may_have_happened: 'boolean',
      receipt: 'text',
      last_error: 'text',
    },
    added: nobodys,
  },
  { name: 'counter', ordered: false, columns: { name: 'text', used: 'bigint' } },
  { name: 'mark', ordered: false, columns: { name: 'text', value: 'text' } },
  {
    name: 'document',
    ordered: false,
    heavy: true,
    columns: { name: 'text', version: 'bigint', at: 'bigint', text: 'text' },
  },
  { name: 'audit_head', ordered: false, heavy: true, columns: { number: 'bigint', head: 'text' } },
];
