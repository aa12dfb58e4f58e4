import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

// The least that pages durably: what comes in is read, kept with one flush for all of a turn of the event loop, and
// answered; for each service that has not been heard of, somebody is paged, and that they were is kept. No policies, no
// incidents, no history, no retries: what any such program on Node costs.
const [path = 'pager', url = ''] = process.argv.slice(2);
const file = openSync(path, 'w');
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const known = new Map<string, number>();
let waiting: { readonly text: string; readonly kept?: () => void }[] = [];

function keep(text: string, kept?: () => void): void {
  if (waiting.length === 0) setImmediate(flush);
  waiting.push({ text, ...(kept && { kept }) });
}

function flush(): void {
  const batch = waiting;
  waiting = [];
  writeSync(file, batch.map(({ text }) => `${text}\n`).join(''));
  fdatasyncSync(file);
  for (const { kept } of batch) kept?.();
}

function page(service: string): void {
  const body = JSON.stringify({ dedup_key: service, payload: { source: service, severity: 'critical' } });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const call = request(`${url}/v2/enqueue`, { method: 'POST', agent, headers }, (response) => {
    response.resume();
    response.on('end', () => keep(`paged ${service}`));
  });
  call.end(body);
}

const server = createServer((incoming, response) => {
  const parts: Buffer[] = [];
  incoming.on('data', (part: Buffer) => parts.push(part));
  incoming.on('end', () => {
    const text = Buffer.concat(parts).toString();
    const { alerts } = JSON.parse(text) as {
      readonly alerts: readonly { readonly labels: { readonly service: string } }[];
    };
    const services = new Set(alerts.map(({ labels }) => labels.service));
    const fresh = [...services].filter((service) => !known.has(service));
    for (const service of services) known.set(service, (known.get(service) ?? 0) + 1);
    keep(text, () => {
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': 2 });
      response.end('{}');
      for (const service of fresh) page(service);
    });
  });
});
server.listen(0, '127.0.0.1', 4_096, () => {
  console.log(`listening on ${(server.address() as AddressInfo).port};`);
});
