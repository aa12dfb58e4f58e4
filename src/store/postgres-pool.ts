import { hostname } from 'node:os';
import {
  Client,
  Pool,
  types,
  type ClientBase,
  type ClientConfig,
  type PoolClient,
  type PoolConfig,
} from 'pg';
import { reveal, type Secret } from '../trust/secrets.ts';
import { connectionError } from './postgres-errors.ts';
import { StoreUnavailable } from './store.ts';

/** More than this and the server's processes only wait for one another. */
const mostConnections = 8;

/**
 * Times in milliseconds. A statement of ours takes a few, so that whatever takes seconds is broken; whoever waits hears
 * it in time to answer 503.
 */
const patience: ClientConfig = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 8_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 8_000,
  // The server may be gone without a word; then nothing above comes back.
  query_timeout: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
};

/** An acknowledged commit has to be on a disk; what an operator has set beyond that stays. */
const durable = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

/** PostgreSQL's number for the type bigint, which is read as a number: instants and versions are far below 2^53. */
const bigint: number = types.builtins.INT8;
const asWritten: (type: number, format?: 'text' | 'binary') => unknown = types.getTypeParser;
const readTypes: NonNullable<ClientConfig['types']> = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    type === bigint ? Number : asWritten(type, format),
};

/** The pool waits for what this returns, which its types do not say. */
const prepare: unknown = prepareSession;
const waitedFor = prepare as NonNullable<PoolConfig['onConnect']>;

function configOf(url: Secret): ClientConfig {
  return {
    ...patience,
    connectionString: reveal(url),
    // Statements that do not wait for each other's answers share a round trip.
    pipeline: true,
    fallback_application_name: `lastgood on ${hostname()}`,
    types: readTypes,
  };
}

/** @param broken hears of a connection that broke while nobody used it */
export function openPool(url: Secret, broken: (error: Error) => void): Pool {
  const pool = new Pool({
    ...configOf(url),
    max: mostConnections,
    onConnect: waitedFor,
  });
  pool.on('error', broken);
  return pool;
}

/** A connection beside the pool, which a crowd of requests cannot use up. @throws what the driver throws */
export async function connectBeside(
  url: Secret,
  broken: (error: Error) => void,
  change: ClientConfig = {},
): Promise<Client> {
  const client = newClient({ ...configOf(url), ...change });
  client.on('error', broken);
  await client.connect();
  return client;
}

/** The driver's own complaint would repeat the URL. */
function newClient(config: ClientConfig): Client {
  try {
    return new Client(config);
  } catch {
    throw new StoreUnavailable(
      'DATABASE_URL cannot be read. Expected postgres://user:password@host:5432/database, with what is special in ' +
        'a password percent-encoded, and files that it names in place.',
    );
  }
}

export async function prepareSession(client: ClientBase): Promise<void> {
  await client.query(`SET search_path = lastgood; ${durable}`);
}

/** Lends a connection for the work, and takes it out of the pool when it broke meanwhile. @throws the store's errors */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw connectionError(error);
  });
  let broken: Error | undefined;
  // Without somebody who listens, a connection that breaks would end the process.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } catch (error) {
    throw broken ? connectionError(error) : error;
  } finally {
    client.off('error', onError);
    client.release(broken ?? client.getTransactionStatus() !== 'I');
  }
}
