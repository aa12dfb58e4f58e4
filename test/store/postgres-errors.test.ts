import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { storeError } from '../../src/store/postgres-errors.ts';
import { StaleStream, StoreCorrupt, StoreUnavailable } from '../../src/store/store.ts';

function reported(code: string): unknown {
  const error = new DatabaseError('as the server says', 20, 'error');
  error.code = code;
  return storeError(error);
}

describe('what PostgreSQL reports', () => {
  it.each([
    ['the disk is full', '53100'],
    ['too many connections', '53300'],
    ['an operator shuts it down', '57P01'],
    ['a statement took too long', '57014'],
    ['a transaction stood still', '25P03'],
    ['a transaction took too long', '25P04'],
    ['a standby takes no writes', '25006'],
    ['a pooler handed out another connection', '26000'],
  ])('%s (%s): it is tried again later', (_, code) => {
    expect(reported(code)).toBeInstanceOf(StoreUnavailable);
  });

  it.each([
    ['two met', '40001', StaleStream],
    ['two waited for each other', '40P01', StaleStream],
    ['a page is damaged', 'XX001', StoreCorrupt],
  ])('%s (%s)', (_, code, kind) => {
    expect(reported(code)).toBeInstanceOf(kind);
  });

  it('a statement of ours that is wrong is a bug, and stays one', () => {
    const error = reported('42P01');
    expect(error).not.toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ message: 'PostgreSQL refused a statement: as the server says (42P01)' });
  });
});
