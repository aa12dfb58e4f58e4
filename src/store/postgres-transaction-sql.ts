import { raised } from './postgres-errors.ts';
import { inboxColumns, mayGo, outboxColumns, statement, streamColumns } from './postgres-rows.ts';

// Not UPDATE, which would wait for whoever adds an event or effect of the stream elsewhere in the same moment.
const lock = 'FOR NO KEY UPDATE';

export const lockToken = statement('SELECT pg_advisory_xact_lock($1)');
export const readStream = statement(
  `SELECT ${streamColumns}, hash, hashed FROM stream WHERE id = $1 ${lock}`,
);
export const readByAlias = statement(
  `SELECT ${streamColumns}, hash, hashed FROM stream WHERE kind = $1 AND alias = $2 ${lock}`,
);
export const lockStreams = statement(`SELECT 1 FROM stream WHERE id = ANY($1::text[]) ORDER BY id ${lock}`);
const addEvents = `INSERT INTO event (stream, seq, at, by, type, data, hash, written)
   SELECT $1, *, $16 FROM unnest($10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[])`;
export const openStream = statement(
  `WITH opened AS (
     INSERT INTO stream (id, kind, version, wake_at, alias, rank, state, owner, hash, hashed)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $3))
   ${addEvents}`,
);
export const moveStream = statement(
  `WITH moved AS (
     UPDATE stream SET version = $3, wake_at = $4, alias = $5, rank = $6, state = $7, owner = $8, hash = $9, hashed = $3
     WHERE id = $1 AND kind = $2)
   ${addEvents}`,
);
export const usedNumber = statement('SELECT used FROM counter WHERE name = $1');
export const beginCounter = statement('INSERT INTO counter VALUES ($1, 0) ON CONFLICT DO NOTHING');
export const lockNumber = statement(`SELECT used FROM counter WHERE name = $1 ${lock}`);
export const useNumber = statement(
  `WITH used AS (
     INSERT INTO counter VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET used = excluded.used WHERE excluded.used > counter.used RETURNING 1)
   SELECT must(EXISTS (SELECT FROM used), '${raised.numberUsed}', $1 || ' ' || $2 || ' is already used.')`,
);
// What waits and is about to be taken is skipped: whoever takes it waits for the stream that is written here.
export const addToOutbox = statement(
  `WITH added AS (
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::text[], $9::boolean[]) WITH ORDINALITY
       added (id, stream, lane, priority, created_at, due_at, deadline_at, effect, is_card, place)),
   later AS (
     SELECT waiting.pos, card.priority
     FROM outbox waiting JOIN unnest($11::text[], $12::bigint[]) card (lane, priority) ON card.lane = waiting.lane
     WHERE waiting.status = 'waiting' AND waiting.priority > card.priority
     ORDER BY waiting.pos FOR NO KEY UPDATE OF waiting SKIP LOCKED),
   hurried AS (UPDATE outbox SET priority = later.priority FROM later WHERE outbox.pos = later.pos)
   INSERT INTO outbox (id, stream, lane, priority, created_at, due_at, deadline_at, effect, owner)
   SELECT id, stream, lane, priority, created_at, due_at, deadline_at, effect, $10 FROM added
   WHERE NOT (is_card AND EXISTS (
     SELECT FROM outbox waiting WHERE waiting.lane = added.lane AND waiting.status = 'waiting'))
   ORDER BY place`,
);
export const readOutboxRow = statement(`SELECT ${outboxColumns} FROM outbox WHERE id = $1 ${lock}`);
// A statement sees what was committed before it began: so the lane is locked by one, and looked at by the next, which
// must not touch the row when the lane is another one's. Whom the others took for dead takes nothing up before it has a
// new name: they would take it over at once.
export const tryLane = statement('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS ours');
export const takeOutbox = statement(
  `SELECT ${outboxColumns} FROM outbox row
   WHERE row.id = $1 AND pg_try_advisory_xact_lock(hashtextextended($4, 0))
     AND ((row.status = 'in-flight' AND row.owner = $3) OR (row.due_at <= $2 AND ${mayGo}))
     AND EXISTS (SELECT FROM replica WHERE replica.id = $3)
   ${lock} OF row SKIP LOCKED`,
);
export const inHand = statement(
  `SELECT 1 FROM outbox WHERE id = $1 AND status = 'in-flight' AND owner = $2 ${lock}`,
);
export const changeOutbox = statement(
  `WITH changed AS (
     UPDATE outbox SET status = coalesce($2, status), attempts = coalesce($3, attempts),
       due_at = coalesce($4, due_at), may_have_happened = coalesce($5, may_have_happened),
       receipt = coalesce($6, receipt), last_error = CASE WHEN $7 THEN $8 ELSE last_error END, owner = $9
     WHERE id = $1 RETURNING 1)
   SELECT must(EXISTS (SELECT FROM changed), '${raised.notThere}', 'There is no ' || $1 || ' in the outbox.')`,
);
export const readInboxItem = statement(`SELECT ${inboxColumns}, note FROM inbox WHERE id = $1`);
export const receiveSettled = statement(
  `INSERT INTO inbox (id, source, at, body, owner, result, note) VALUES ($1, $2, $3, $4, $5, 'done', $6)`,
);
export const settleInbox = statement(
  `WITH settled AS (
     UPDATE inbox SET result = $2, note = $3 WHERE id = $1 AND (result IS NULL OR $2 = 'quarantined') RETURNING 1),
   there AS (SELECT FROM inbox WHERE id = $1)
   SELECT CASE WHEN EXISTS (SELECT FROM there)
     THEN must(EXISTS (SELECT FROM settled), '${raised.settled}', $1 || ' is settled already.')
     ELSE must(false, '${raised.notThere}', 'There is no ' || $1 || ' in the inbox.') END`,
);
