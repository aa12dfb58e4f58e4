import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stillWorld } from '../threats/support/still-world.ts';

test('Lastgood is watched from outside: its switch hears of it, until it cannot store anything', async () => {
  const heard: (string | undefined)[] = [];
  const outside = createServer((request, response) => {
    heard.push(request.url);
    response.end();
  });
  await new Promise<void>((resolve) => {
    outside.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void outside.close());
  const url = `http://127.0.0.1:${(outside.address() as AddressInfo).port}/ping/canary-of-the-heart`;
  const world = await stillWorld({}, [], { between: () => Promise.resolve({ HEARTBEAT_URL: url }) });
  onTestFinished(() => world.close());

  await vi.waitFor(() => expect(heard).toEqual(['/ping/canary-of-the-heart']));
  const told = await (await fetch(`${world.bot().url}/metrics`)).text();
  expect(told).toMatch(/^lastgood_heartbeat_fit 1$/m);

  await world.bot().store.close();
  const ready = await fetch(`${world.bot().url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'the store does not take anything\n']);
  const still = await (await fetch(`${world.bot().url}/metrics`)).text();
  expect(still).toMatch(/^lastgood_ready 0$/m);
  expect(still).toMatch(/^lastgood_store_up 0$/m);
  // An old number would look like a good one.
  expect(still).not.toMatch(/^lastgood_wakes_overdue \d/m);
  expect(`${world.log()}${still}`).not.toContain('canary-of-the-heart');
});
