import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The application that is rolled back: all that Lastgood sees of it are its health endpoints. */
export interface Shop {
  readonly url: string;
  readonly setWell: (well: boolean) => void;
  readonly isWell: () => boolean;
  readonly close: () => Promise<void>;
}

export async function startShop(): Promise<Shop> {
  let well = true;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(well ? 'liveness=ok\nreadiness=ok\n' : 'liveness=ok\nreadiness=failing\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setWell: (now) => {
      well = now;
    },
    isWell: () => well,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
