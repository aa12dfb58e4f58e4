import type { IncomingMessage } from 'node:http';

/** What a route gets: header names in lower case, the very bytes of the body. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Compared whole; a route ending in `/*` takes everything below it. */
  readonly path: string;
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
}
