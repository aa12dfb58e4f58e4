import { expect, it, onTestFinished } from 'vitest';
import { startHttpServer } from '../../src/http/server.ts';

it('A connection may stay idle for longer than any usual proxy keeps it, so that nothing is sent while it closes', async () => {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [{ method: 'GET', path: '/healthz', handle: () => Promise.resolve({ status: 200 }) }],
    failed: () => undefined,
  });
  onTestFinished(() => server.close());
  const { headers } = await fetch(`${server.url}/healthz`);
  const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  // Caddy: 2 min; AWS: 60 s, and whoever needs more sets it.
  expect(Number(seconds)).toBeGreaterThan(120);
});
