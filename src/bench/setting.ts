import type { Client } from './client.ts';
import type { Row, Skipped } from './row.ts';

/** What every bench is given. */
export interface Setting {
  readonly slices: number;
  readonly client: Client;
  /** A folder for whatever is written, on the disk that is measured. */
  readonly below: string;
}

export type Bench = (setting: Setting) => Promise<readonly (Row | Skipped)[]>;
