import type { Milliseconds } from '../core/time.ts';

const maxBytes = 64 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** There was more than 64 KB, and the rest was left unread. */
  readonly cut: boolean;
}

export interface Question {
  readonly signal: AbortSignal;
  readonly timeout: Milliseconds;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Where the status says enough: of an answer that is too long, its beginning is taken. */
  readonly takesBeginning?: boolean;
}

/**
 * One HTTP request with everything bounded: time, at most 64 KB of answer, and no redirect is followed (its status is
 * the answer), since only addresses out of policy and configuration are ever asked.
 * @throws NoAnswer
 */
export async function ask(
  url: string,
  { signal, timeout, takesBeginning = false, ...init }: Question,
): Promise<HttpAnswer> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const response = await fetch(url, { ...init, redirect: 'manual', signal: bounded });
    return { status: response.status, ...(await readText(response, takesBeginning)) };
  } catch (error) {
    throw noAnswer(error);
  }
}

/** No answer that can be used; the message says why in a few words. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** False when no connection came about: then nothing can have happened on the other side. */
  readonly mayHaveHappened: boolean;

  constructor(why: string, mayHaveHappened: boolean) {
    super(why);
    this.mayHaveHappened = mayHaveHappened;
  }
}

/** Reads what `fetch` threw. The error itself is left behind: it carries the request, and that carries the token. */
export function noAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const cause = deepestCause(error);
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError')
    return new NoAnswer('took too long', true);
  // An AggregateError is what a host with several addresses gives when none of them takes the connection.
  const neverConnected =
    cause instanceof AggregateError || cause.syscall === 'connect' || cause.syscall === 'getaddrinfo';
  return new NoAnswer(cause.code ?? cause.message, !neverConnected);
}

function deepestCause(error: unknown): NodeJS.ErrnoException {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? deepestCause(error.cause) : error;
}

async function readText(
  response: Response,
  takesBeginning: boolean,
): Promise<Pick<HttpAnswer, 'text' | 'cut'>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    chunks.push(chunk);
    // Leaving the loop cancels the rest of the body.
    if (bytes > maxBytes && !takesBeginning) throw new NoAnswer('more than 64 KB', true);
    if (bytes > maxBytes) break;
  }
  const text = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
  return { text, cut: bytes > maxBytes };
}
