import { apiTokens, type ApiTokenName } from '../../src/sandbox/api-tokens.ts';
import type { World } from '../../src/sandbox/world.ts';

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
  readonly text: string;
}

export interface ApiClient {
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<ApiResponse>;
  readonly post: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<ApiResponse>;
  /** `rollback` with arguments by name, or with a line. */
  readonly command: (
    name: string,
    said: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<ApiResponse>;
}

/** Calls the API of the running bot over HTTP, with one of the sandbox's tokens. */
export function apiOf(world: Pick<World, 'bot'>, who: ApiTokenName): ApiClient {
  const authorization = `Bearer ${apiTokens[who]}`;
  async function send(path: string, init: RequestInit): Promise<ApiResponse> {
    const response = await fetch(`${world.bot().url}${path}`, {
      ...init,
      headers: { authorization, ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }
  const post: ApiClient['post'] = (path, body, headers = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body:
        typeof body === 'string' || body instanceof Uint8Array
          ? (body as string | Uint8Array<ArrayBuffer>)
          : JSON.stringify(body),
    });
  return {
    get: (path, headers = {}) => send(path, { headers }),
    post,
    command: (name, said, headers) => post(`/api/v1/commands/${name}`, said, headers),
  };
}
