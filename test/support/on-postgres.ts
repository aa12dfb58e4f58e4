import { afterAll, beforeAll, describe } from 'vitest';
import { startPostgres, withoutPostgres, type PostgresServer } from './postgres.ts';

/** Tests with a server of their own; skipped where none can be started, and the name says why. */
export function describeOnPostgres(name: string, tests: (server: () => PostgresServer) => void): void {
  describe.skipIf(withoutPostgres !== undefined)(`${name} ${withoutPostgres ?? ''}`, () => {
    let running: PostgresServer | undefined;
    function server(): PostgresServer {
      if (!running) throw new Error('The server is there when the tests run, not while they are described.');
      return running;
    }
    beforeAll(async () => {
      running = await startPostgres();
    });
    afterAll(() => running?.remove());
    tests(server);
  });
}
