import { once } from 'node:events';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

/** Sends exactly these headers, also twice the same, and exactly these bytes. */
export async function send(
  url: string,
  headers: OutgoingHttpHeaders,
  body: Buffer | string,
): Promise<{ readonly status: number; readonly answer: string }> {
  const sending = request(url, { method: 'POST', headers, agent: false });
  const answered = once(sending, 'response');
  sending.on('error', () => undefined);
  sending.end(body);
  const [response] = (await answered) as [IncomingMessage];
  return { status: response.statusCode ?? 0, answer: await text(response) };
}
