import type { Pool } from 'pg';
import type { StreamEnd } from '../core/stream.ts';
import { storeError } from './postgres-errors.ts';
import { withClient } from './postgres-pool.ts';
import { run, statement } from './postgres-rows.ts';
import { standingOf } from './standing.ts';
import type { Standing, Store } from './store.ts';

/** What is not hashed yet was written by a replica of an older version, after whatever hash stands there. */
const look = statement(
  `SELECT (SELECT array_agg(DISTINCT source) FROM inbox WHERE result IS NULL) AS waiting,
     (SELECT json_object_agg(id, json_build_object('version', version, 'hash', hash)) FROM stream
      WHERE id = ANY($1::text[]) AND hashed = version) AS ends`,
);

interface Looked {
  readonly waiting: readonly string[] | null;
  readonly ends: Readonly<Record<string, Pick<StreamEnd, 'version' | 'hash'>>> | null;
}

interface Question {
  readonly ends: readonly StreamEnd[];
  readonly sources: readonly string[];
  readonly resolve: (standing: Standing) => void;
  readonly reject: (error: unknown) => void;
}

/** Looks for all that ask during one turn of the event loop at once, and for those that ask meanwhile afterwards. */
export function standingIn(pool: Pool): Store['standing'] {
  const asked: Question[] = [];
  let looking = false;

  async function lookForAll(): Promise<void> {
    while (asked.length > 0) await lookFor(asked.splice(0));
    looking = false;
  }

  async function lookFor(questions: readonly Question[]): Promise<void> {
    try {
      const ids = [...new Set(questions.flatMap(({ ends }) => ends.map(({ id }) => id)))];
      const { rows } = await withClient(pool, (client) => run<Looked>(client, look, [ids]));
      for (const { resolve, ends, sources } of questions) resolve(judge(rows[0], ends, sources));
    } catch (error) {
      const failure = storeError(error);
      for (const { reject } of questions) reject(failure);
    }
  }

  return (ends, sources) =>
    new Promise((resolve, reject) => {
      asked.push({ ends, sources, resolve, reject });
      if (looking) return;
      looking = true;
      setImmediate(() => void lookForAll());
    });
}

function judge(looked: Looked | undefined, ends: readonly StreamEnd[], sources: readonly string[]): Standing {
  const now = new Map(Object.entries(looked?.ends ?? {}));
  return standingOf({ end: (id) => now.get(id), waiting: looked?.waiting ?? [] }, ends, sources);
}
