import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { turnsAway } from '../../src/http/api/guard.ts';
import { startHttpServer, type HttpServer } from '../../src/http/server.ts';
import { webhookRoutes } from '../../src/http/webhooks.ts';
import type { Route } from '../../src/http/wire.ts';
import { secret } from '../../src/trust/secrets.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { sayRaw, type RawConnection } from '../threats/support/raw.ts';
import { send } from '../threats/support/send.ts';
import { hmac } from '../threats/support/webhooks.ts';

const token = 'w'.repeat(40);
const signing = 's'.repeat(40);
const patience = 20_000;
const large = 'x'.repeat(1_000_000);
const failed = (error: unknown): void => {
  throw error;
};
const opened: RawConnection[] = [];
let answered: number[];
let server: HttpServer;

beforeEach(async () => {
  answered = [];
  const callerOf = () => ({ status: 401, error: 'Who are you?' }) as const;
  const report: Route = {
    method: 'POST',
    path: '/api/v1/canary',
    handle: () => Promise.resolve({ status: 200 }),
    turnsAway: turnsAway({
      callerOf,
      closed: () => undefined,
      isOutage: () => false,
      failed: () => undefined,
    }),
  };
  const secrets = { grafana: [], pagerduty: [], sentry: [secret(signing)], github: [] };
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      ...webhookRoutes({
        doors: webhookDoors({ tokens: { generic: [sha256Hex(token)] }, secrets }),
        now: () => 0,
        receive: () => Promise.resolve(),
        tooLarge: () => Promise.resolve(),
        failed,
      }),
      report,
    ],
    failed,
    answered: (_route, status) => void answered.push(status),
  });
});
afterEach(async () => {
  hangUp();
  await server.close();
});

/** So many strangers send all of a large body but its end. @returns what those were answered who were */
function strangersSend(path: string, many: number): readonly string[] {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n`;
  const heard: string[] = [];
  for (let n = 0; n < many; n += 1) {
    const connection = sayRaw(server.url, `${head}Content-Length: ${large.length + 1}\r\n\r\n${large}`);
    connection.socket.once('data', (data) => void heard.push(String(data)));
    opened.push(connection);
  }
  return heard;
}

function hangUp(): void {
  for (const { socket } of opened.splice(0)) socket.destroy();
}

const post = (source: string, headers: Readonly<Record<string, string>>, body: string) =>
  send(`${server.url}/webhooks/${source}`, headers, body);
const signed = (body: string) => post('sentry', { 'sentry-hook-signature': hmac(signing, body) }, body);

test(
  'Bodies of strangers take so much memory and no more; who is known, or says little, is heard all the same',
  async () => {
    const heard = strangersSend('/webhooks/sentry', 100);
    await vi.waitFor(() => expect(answered.length).toBeGreaterThan(30), patience);
    expect(new Set(answered)).toEqual(new Set([503]));
    // Who is still talking when the connection ends may hear nothing.
    for (const answer of heard) expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 5\r\n/i);

    expect(await signed('{"a":"click"}')).toMatchObject({ status: 202 });
    expect(await post('generic', { authorization: `Bearer ${token}` }, large)).toMatchObject({ status: 202 });

    hangUp();
    await vi.waitFor(async () => expect(await signed(large)).toMatchObject({ status: 202 }), patience);
  },
  patience,
);

test.each(['/webhooks/generic', '/api/v1/canary'])(
  'Nothing is kept of what comes to %s with a wrong bearer token, and it is told so',
  async (path) => {
    const heard = strangersSend(path, 100);
    await vi.waitFor(async () => expect(await signed(large)).toMatchObject({ status: 202 }), patience);
    for (const { socket } of opened) socket.write('x');
    await vi.waitFor(() => expect(heard).toHaveLength(100), patience);
    for (const answer of heard) expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  },
  patience,
);
