import type { DocumentRows, DocumentVersion } from './document-rows.ts';
import { statement } from './postgres-rows.ts';
import type { Queries } from './postgres-queries.ts';
import type { Replica } from './postgres-replica.ts';
import { StaleStream } from './store.ts';

const newestDocument = statement(
  'SELECT version, text FROM document WHERE name = $1 ORDER BY version DESC LIMIT 1',
);
const documentOf = statement(
  'SELECT version FROM document WHERE name = $1 AND text = $2 ORDER BY version DESC LIMIT 1',
);
const addDocument = statement('INSERT INTO document VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING');

/** What people and CI read as files, every version of it. */
export function documentsIn(
  { rowsOf, change }: Queries,
  replica: Pick<Replica, 'time' | 'announce'>,
): DocumentRows {
  return {
    newest: async (name) => (await rowsOf<DocumentVersion>(newestDocument, name))[0],
    versionOf: async (name, text) => (await rowsOf<{ version: number }>(documentOf, name, text))[0]?.version,
    add: async (name, { version, text }) => {
      if ((await change(addDocument, name, version, replica.time(), text)) === 0)
        throw new StaleStream(`${name} has a version ${version} already.`);
      replica.announce();
    },
  };
}
