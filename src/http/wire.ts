import type { IncomingMessage } from 'node:http';

/** What a route gets: header names in lower case, the very bytes of the body. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  /** What stands where the route's path has `{name}`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  /** Sent piece by piece instead; `sent` is called once nobody reads it any more. */
  readonly file?: { readonly path: string; readonly sent: () => Promise<void> };
  /** Besides those that follow from the body, or instead of them; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Compared whole; `{name}` takes one part of it, and a route ending in `/*` everything below it. */
  readonly path: string;
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  /** Whether its headers alone say that this comes from somebody who may send a large body; left out: nobody may. */
  readonly takesLarge?: (request: Pick<WireRequest, 'headers'>) => boolean;
  /**
   * What to answer whoever is not let in, where their headers alone say so: nothing of their body is kept then. Left out, or
   * undefined: only the body tells, or whoever handles it.
   */
  readonly turnsAway?: (
    request: Pick<WireRequest, 'headers'>,
  ) => WireResponse | undefined | Promise<WireResponse | undefined>;
  /**
   * Told of a request whose body is too large; what it answers stands instead of 413, after which nobody sends it again.
   * Left out: nobody needs to know.
   */
  readonly tooLarge?: (request: Pick<WireRequest, 'headers'>) => Promise<WireResponse | undefined>;
}
