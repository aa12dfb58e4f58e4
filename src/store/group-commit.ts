import { clearImmediate, setImmediate } from 'node:timers';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { storeFailure } from './sqlite-errors.ts';
import { StoreUnavailable } from './store.ts';

/** One work's time in a batch: until it is over, the work may use the database. */
export interface Turn {
  readonly over: boolean;
}

export interface GroupCommit {
  /** Runs the work in the next batch. Resolves, or rejects with what the work threw, once the batch is on disk. */
  readonly write: <T>(work: (turn: Turn) => T | Promise<T>) => Promise<T>;
  /** The same for a single statement, which takes back itself when it fails: without a savepoint it costs a fraction. */
  readonly put: <T>(statement: () => T) => Promise<T>;
  /** Runs a query while no batch is open, so that it sees what is on disk and nothing else. */
  readonly read: <T>(query: () => T) => Promise<T>;
  /** How many batches have ended: what a read has found is on disk still while they are as many. */
  readonly ended: () => number;
  /** Resolves when everything that was waiting has been written; from the call on, nothing more is taken. */
  readonly finish: () => Promise<void>;
}

/** One flush to the disk serves so many; more would only make the event loop wait longer. */
const largestBatch = 256;

interface Item {
  /** Does the work, and answers with what tells the caller how it ended. @throws when the whole batch cannot be stored */
  readonly carryOut: () => (() => void) | Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Everything that wants to be written during one turn of the event loop shares one transaction, and so one flush to the
 * disk. Each work has a savepoint of its own, and one runs after another: a work that throws takes back only itself.
 * Nobody hears of success or failure before the COMMIT, since either may rest on what an earlier work in the batch did.
 *
 * A batch holds up everything else, so a work must await nothing but what it does with this database, which is done
 * at once. One that is still waiting when the event loop comes round waits for something foreign (perhaps for this very
 * queue, which would be for ever): it is rejected and taken back.
 */
export function groupCommit(
  db: Pick<DatabaseSyncInstance, 'exec' | 'isTransaction'>,
  path: string,
): GroupCommit {
  const waiting: Item[] = [];
  let flushing = false;
  let batch: Promise<readonly (() => void)[]> | undefined;
  let finished = false;
  let batches = 0;

  const refuseWhenFinished = (): void => {
    if (finished) throw new StoreUnavailable(`${path} is closed.`);
  };

  const write: GroupCommit['write'] = (work) =>
    new Promise((resolve, reject) => {
      refuseWhenFinished();
      const run = async (turn: Turn) => {
        const value = await work(turn);
        return () => resolve(value);
      };
      waiting.push({ carryOut: () => inSavepoint(run, reject), reject });
      flushSoon();
    });

  const put: GroupCommit['put'] = (statement) =>
    new Promise((resolve, reject) => {
      refuseWhenFinished();
      waiting.push({ carryOut: () => alone(statement, resolve, reject), reject });
      flushSoon();
    });

  const read: GroupCommit['read'] = async (query) => {
    // The next batch opens in a later turn of the event loop, so this one is all there is to wait for.
    if (batch) await batch;
    refuseWhenFinished();
    try {
      takeBack();
      return query();
    } catch (error) {
      throw storeFailure(error, path) ?? error;
    }
  };

  const finish: GroupCommit['finish'] = async () => {
    const last = write(() => undefined);
    finished = true;
    await last;
  };

  function flushSoon(): void {
    if (flushing) return;
    flushing = true;
    setImmediate(() => void flush());
  }

  async function flush(): Promise<void> {
    // `then`, so that `batch` is set before the first work runs, and a read from inside it waits.
    batch = Promise.resolve(waiting.splice(0, largestBatch)).then(commit);
    for (const settle of await batch) settle();
    batch = undefined;
    flushing = false;
    if (waiting.length > 0) flushSoon();
  }

  async function commit(items: readonly Item[]): Promise<readonly (() => void)[]> {
    const settled: (() => void)[] = [];
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const { carryOut } of items) {
        const settle = carryOut();
        settled.push(settle instanceof Promise ? await settle : settle);
      }
      db.exec('COMMIT');
      return settled;
    } catch (error) {
      const failure = failureAfter(error);
      return items.map((item) => () => item.reject(failure));
    } finally {
      batches += 1;
    }
  }

  function failureAfter(error: unknown): Error {
    try {
      takeBack();
      return (
        storeFailure(error, path) ?? new StoreUnavailable(`${path} could not be written.`, { cause: error })
      );
    } catch (second) {
      const cause = new AggregateError([error, second]);
      return new StoreUnavailable(`${path} could not be written, nor could that be taken back.`, { cause });
    }
  }

  /** While no batch is open, a transaction is one that could not be taken back: nothing goes on over it. */
  function takeBack(): void {
    if (db.isTransaction) db.exec('ROLLBACK');
  }

  async function inSavepoint(
    run: (turn: Turn) => Promise<() => void>,
    reject: Item['reject'],
  ): Promise<() => void> {
    const turn = { over: false };
    db.exec('SAVEPOINT item');
    try {
      const settle = await withinThisLoop(run(turn));
      db.exec('RELEASE item');
      return settle;
    } catch (error) {
      // When the disk fails, SQLite may have taken back the whole transaction.
      if (!db.isTransaction || storeFailure(error, path)) throw error;
      db.exec('ROLLBACK TO item; RELEASE item');
      return () => reject(error);
    } finally {
      turn.over = true;
    }
  }

  function alone<T>(statement: () => T, resolve: (value: T) => void, reject: Item['reject']): () => void {
    try {
      const value = statement();
      return () => resolve(value);
    } catch (error) {
      if (!db.isTransaction || storeFailure(error, path)) throw error;
      return () => reject(error);
    }
  }

  const ended: GroupCommit['ended'] = () => {
    refuseWhenFinished();
    return batches;
  };

  return { write, put, read, ended, finish };
}

async function withinThisLoop<T>(work: Promise<T>): Promise<T> {
  let alarm: NodeJS.Immediate | undefined;
  const foreign = new Promise<never>((_, reject) => {
    alarm = setImmediate(() =>
      reject(new Error('The work of a transaction waited for something other than its transaction.')),
    );
  });
  try {
    return await Promise.race([work, foreign]);
  } finally {
    clearImmediate(alarm);
  }
}
