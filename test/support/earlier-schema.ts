/**
 * SQL that makes a store of today one that the version of Lastgood before the last step of the schema left behind. A
 * new step undoes itself here.
 */
export const asBefore = {
  sqlite: `
    DROP INDEX IF EXISTS outbox_next;
    DROP TABLE document;
    DROP TABLE audit_head;
    ALTER TABLE event DROP COLUMN hash;
    ALTER TABLE stream DROP COLUMN hash;
    PRAGMA user_version = 2`,
  postgres: `
    ALTER TABLE lastgood.event DROP COLUMN hash;
    DROP INDEX lastgood.event_pos, lastgood.outbox_next;
    ALTER TABLE lastgood.stream DROP COLUMN hash, DROP COLUMN hashed;
    DROP TABLE lastgood.audit_head, lastgood.document;
    ALTER TABLE lastgood.schema_version DROP COLUMN oldest;
    UPDATE lastgood.schema_version SET version = 1`,
};
