import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { serveAsset } from './asset.ts';
import { createRenderer } from './rendered-message.ts';
import { viewWorkspace } from './view.ts';
import { Refused } from './workspace.ts';
import type { Workspace } from './workspace.ts';

const text = z.string().min(1);
const here = { as: text, conversation: text };
const release = { channel: text, version: text.max(200) };

/** What a page may ask for, as JSON in `POST /sandbox/do`. */
const wish = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('run'), ...here, text: text.max(12_000), thread: text.optional() }),
  z.strictObject({ do: z.literal('click'), ...here, ts: text, actionId: text, value: z.string().optional() }),
  z.strictObject({ do: z.literal('fire'), alert: text }),
  z.strictObject({
    do: z.literal('advance'),
    milliseconds: z
      .int()
      .min(1)
      .max(7 * 24 * 3_600_000),
  }),
  z.strictObject({ do: z.literal('advance-to-next-wake') }),
  z.strictObject({ do: z.literal('turn'), name: text, to: text }),
  z.strictObject({
    do: z.literal('press-page'),
    as: text,
    key: text,
    action: z.enum(['acknowledge', 'resolve']),
  }),
  z.strictObject({
    do: z.literal('report-health'),
    ...release,
    finding: text,
    by: z.enum(['http', 'slack']),
  }),
  z.strictObject({ do: z.literal('report-deployment'), ...release }),
  z.strictObject({ do: z.literal('edit-registry'), ...release }),
  z.strictObject({ do: z.literal('start-over') }),
]);

type Wish = z.infer<typeof wish>;

const COALESCE_MS = 30;
const MAX_BODY_BYTES = 64 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * The sandbox's page: `/`, its files below `/sandbox/assets/`, the events of `/sandbox/view` and the wishes to
 * `/sandbox/do`. Returns false for every other path and leaves it alone. It has no log-in, so it answers only to the
 * machine's own names, and takes wishes only from itself.
 *
 * @param current the workspace of this moment; "start over" puts another in its place
 */
export function pageRoutes(
  current: () => Workspace,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const render = createRenderer();
  const restarted = new Set<() => void>();

  function sendViews(url: URL, response: ServerResponse): void {
    const wanted = { as: url.searchParams.get('as'), conversation: url.searchParams.get('conversation') };
    let timer: NodeJS.Timeout | undefined;
    let stopListening = (): void => undefined;
    const send = (): void => {
      timer = undefined;
      response.write(`data: ${JSON.stringify(viewWorkspace(current(), render, wanted))}\n\n`);
    };
    const sendSoon = (): void => {
      timer ??= setTimeout(send, COALESCE_MS);
    };
    const listen = (): void => {
      stopListening();
      stopListening = current().onChange(sendSoon);
      sendSoon();
    };
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    restarted.add(listen);
    listen();
    response.on('close', () => {
      clearTimeout(timer);
      stopListening();
      restarted.delete(listen);
    });
  }

  /** @returns what there is to say about it, if anything */
  async function grant(asked: Wish): Promise<string | void> {
    const workspace = current();
    switch (asked.do) {
      case 'run':
        return workspace.run(asked.as, asked.conversation, asked.text, asked.thread);
      case 'click': {
        const { actionId, value } = asked;
        return workspace.click(asked.as, asked.conversation, asked.ts, { actionId, value });
      }
      case 'fire':
        return workspace.fire(asked.alert);
      case 'advance':
        return workspace.advance(asked.milliseconds);
      case 'advance-to-next-wake':
        return workspace.advanceToNextWake();
      case 'turn':
        return workspace.turn(asked.name, asked.to);
      case 'press-page':
        return workspace.pressPage(asked.as, asked.key, asked.action);
      case 'report-health': {
        const { do: _do, ...report } = asked;
        return workspace.reportHealth(report);
      }
      case 'report-deployment':
        return workspace.reportDeployment(asked.channel, asked.version);
      case 'edit-registry':
        return workspace.editRegistry(asked.channel, asked.version);
      case 'start-over':
        await workspace.startOver();
        for (const listen of restarted) listen();
        return;
      default:
        asked satisfies never;
    }
  }

  async function takeWish(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.origin !== `http://${request.headers.host}`)
      return answer(response, 403, { problem: 'Only the page itself may ask for this.' });
    if (request.headers['content-type'] !== 'application/json')
      return answer(response, 415, { problem: 'The body must be JSON.' });
    if (!(Number(request.headers['content-length']) <= MAX_BODY_BYTES))
      return answer(response, 413, { problem: `A text may have ${MAX_BODY_BYTES / 1024} kB at most.` });
    const asked = wish.safeParse(await json(request).catch(() => undefined));
    if (!asked.success) return answer(response, 400, { problem: z.prettifyError(asked.error) });
    try {
      const said = await grant(asked.data);
      return answer(response, 200, { said });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return answer(response, error instanceof Refused ? 409 : 500, { problem });
    }
  }

  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://page');
    if (url.pathname !== '/' && !url.pathname.startsWith('/sandbox/')) return false;
    const route = `${request.method} ${url.pathname}`;
    if (!LOOPBACK_HOST.test(request.headers.host ?? ''))
      answer(response, 421, { problem: 'The sandbox answers to 127.0.0.1 and localhost only.' });
    else if (route === 'POST /sandbox/do') void takeWish(request, response);
    else if (route === 'GET /sandbox/view') sendViews(url, response);
    else if (request.method === 'GET') void serveAsset(url.pathname, response, HEADERS);
    else answer(response, 405, { problem: `${route} is not offered.` });
    return true;
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
