import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody's machine, which must hear nothing. */
export interface Trap {
  readonly port: number;
  readonly heard: () => readonly string[];
  readonly close: () => void;
}

export async function startTrap(): Promise<Trap> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
