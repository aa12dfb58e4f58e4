import {
  eventColumns,
  statement,
  streamColumns,
  toEvent,
  toStream,
  type EventRow,
  type StreamRow,
} from './postgres-rows.ts';
import type { Queries } from './postgres-queries.ts';
import type { Store } from './store.ts';

const readStream = statement(`SELECT ${streamColumns} FROM stream WHERE id = $1`);
// LIMIT NULL is no limit, and nothing is older than a stream that is not there.
const older = `($3::text IS NULL OR pos < (SELECT pos FROM stream WHERE id = $3))`;
const listStreams = statement(
  `SELECT ${streamColumns} FROM stream WHERE kind = $1 AND ${older} ORDER BY pos DESC LIMIT $2`,
);
const listOpenStreams = statement(
  `SELECT ${streamColumns} FROM stream WHERE kind = $1 AND alias IS NOT NULL AND ${older}
   ORDER BY pos DESC LIMIT $2`,
);
const firstOpen = statement(
  `SELECT ${streamColumns}, (SELECT count(*) FROM stream WHERE kind = $1 AND alias IS NOT NULL) AS count
   FROM stream WHERE kind = $1 AND alias IS NOT NULL ORDER BY rank, pos LIMIT $2`,
);
const readEvents = statement(`SELECT ${eventColumns} FROM event WHERE stream = $1 ORDER BY seq`);

/** Streams and their events, as they are stored. */
export function streamsIn({
  rowsOf,
}: Queries): Pick<Store, 'readStream' | 'listStreams' | 'firstOpen' | 'readEvents'> {
  return {
    readStream: async (id) => {
      const [row] = await rowsOf<StreamRow>(readStream, id);
      return row && toStream(row);
    },
    listStreams: async (kind, { openOnly = false, limit, before } = {}) =>
      (await rowsOf<StreamRow>(openOnly ? listOpenStreams : listStreams, kind, limit, before)).map(toStream),
    firstOpen: async (kind, limit) => {
      const rows = await rowsOf<StreamRow & { readonly count: number }>(firstOpen, kind, limit);
      const streams = rows.map(({ id, kind: same, version, state }) =>
        toStream({ id, kind: same, version, state }),
      );
      return { streams, count: rows[0]?.count ?? 0 };
    },
    readEvents: async (id) => (await rowsOf<EventRow>(readEvents, id)).map(toEvent),
  };
}
