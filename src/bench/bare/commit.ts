import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Raw group commit: the bodies of one turn of the event loop go to a file in one write and one flush, and then each is
// answered. What any server on Node costs that keeps what it acknowledges.
const file = openSync(process.argv[2] ?? 'commits', 'w');
let waiting: { readonly body: Buffer; readonly answer: () => void }[] = [];

function commit(): void {
  const batch = waiting;
  waiting = [];
  writeSync(file, Buffer.concat(batch.map(({ body }) => body)));
  fdatasyncSync(file);
  for (const { answer } of batch) answer();
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    if (waiting.length === 0) setImmediate(commit);
    const answer = (): void => {
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': 2 });
      response.end('{}');
    };
    waiting.push({ body: Buffer.concat(parts), answer });
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port};`);
});
