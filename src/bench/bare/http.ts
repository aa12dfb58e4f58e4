import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Reads a body and answers: what any server on Node costs.
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': 2 });
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port};`);
});
