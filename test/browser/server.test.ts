import { request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { servePage } from './browser.ts';
import type { Served } from './browser.ts';
import { ANA, INCIDENTS } from './workspace-fixture.ts';

let served: Served;

beforeEach(async () => {
  served = await servePage();
});

afterEach(() => served.close());

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends what no `fetch` would: any host, any origin, any path. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(served.url);
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function wish(asked: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const own = { Origin: served.url.slice(0, -1), 'Content-Type': 'application/json' };
  return send('POST', '/sandbox/do', { ...own, ...headers }, JSON.stringify(asked));
}

const hello = { do: 'run', as: ANA, conversation: INCIDENTS, text: 'Hello' };

it('does what its own page asks', async () => {
  expect(await wish(hello)).toEqual({ status: 200, body: '{}' });
  expect(served.current().asked).toEqual([`${ANA} Hello`]);
});

it.each([
  ['another site', { Origin: 'https://evil.example' }, 403],
  ['a site that has no origin', { Origin: 'null' }, 403],
  ['another port of this machine', { Origin: 'http://127.0.0.1:1' }, 403],
  ['a name that was bound to this machine', { Host: 'evil.example', Origin: 'http://evil.example' }, 421],
  ['a form', { 'Content-Type': 'text/plain' }, 415],
])('does nothing for %s', async (_who, headers, status) => {
  expect((await wish(hello, headers)).status).toBe(status);
  expect(served.current().asked).toEqual([]);
});

it('does nothing for a program that says no origin', async () => {
  const json = { 'Content-Type': 'application/json' };
  expect((await send('POST', '/sandbox/do', json, JSON.stringify(hello))).status).toBe(403);
});

it('does not show the workspace under a foreign name either', async () => {
  expect((await send('GET', '/sandbox/view', { Host: 'evil.example:3000' })).status).toBe(421);
  expect((await send('GET', '/', { Host: 'evil.example' })).status).toBe(421);
});

it('says what is wrong with a wish, and what was refused', async () => {
  expect(await wish({ do: 'jump' })).toMatchObject({ status: 400 });
  expect(await wish({ ...hello, text: '' })).toMatchObject({
    status: 400,
    body: expect.stringContaining('text'),
  });
  expect(await wish('x'.repeat(70_000))).toMatchObject({ status: 413 });
  expect(await wish({ do: 'fire', alert: 'nothing' })).toEqual({
    status: 409,
    body: '{"problem":"The fixture fires checkout only."}',
  });
});

it('serves its files and nothing else', async () => {
  const page = await send('GET', '/');
  expect(page).toMatchObject({ status: 200, body: expect.stringContaining('<main') });
  expect(page.body).not.toMatch(/<script(?! type="module" src=)|\son\w+=|\sstyle=|https?:/);
  expect((await send('GET', '/sandbox/assets/main.mjs')).status).toBe(200);
  expect((await send('GET', '/sandbox/assets/none.css')).status).toBe(404);
  expect((await send('GET', '/sandbox/assets/..%2fserver.ts')).status).toBe(404);
  expect((await send('GET', '/sandbox/assets/../server.ts')).status).toBe(404);
  expect((await send('DELETE', '/sandbox/view')).status).toBe(405);
});

it('lets no script, style or image of anybody else in', async () => {
  const policy = (await fetch(served.url)).headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
});

it('leaves every other path to whoever serves it', async () => {
  expect(await send('GET', '/slack/events')).toEqual({ status: 404, body: '' });
});

it('sends the whole view at once, and again after a change', async () => {
  const response = await fetch(`${served.url}sandbox/view?as=${ANA}&conversation=gone`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader.read();
  expect(JSON.parse(first.value!.replace('data: ', ''))).toMatchObject({
    as: ANA,
    conversation: INCIDENTS,
    messages: [{ from: { name: 'Dana' } }, { from: { name: 'Ana' } }],
  });
  await served.current().run(ANA, INCIDENTS, 'Hello');
  expect((await reader.read()).value).toContain('Hello');
  await reader.cancel();
});
