import type { WireRequest, WireResponse } from '../wire.ts';

export type ReadBody =
  { readonly body: Readonly<Record<string, unknown>> } | { readonly refused: WireResponse };

/** The body as a JSON object; nothing at all counts as `{}`. Its keys are still to be judged: `__proto__` may be one. */
export function readJsonBody({ headers, body }: WireRequest): ReadBody {
  if (body.length === 0) return { body: {} };
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^application\/json\s*(?:;|$)/i.test(type)) {
    return refuse(415, 'Send JSON, and say so with “Content-Type: application/json”.');
  }
  const value = parsed(body);
  if (value === undefined) return refuse(400, 'The body is no JSON in UTF-8.');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(400, 'The body has to be a JSON object.');
  }
  return { body: value as Readonly<Record<string, unknown>> };
}

function refuse(status: number, error: string): ReadBody {
  return { refused: { status, json: { error } } };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // Which character it was is for the sender's own tools to say.
    return undefined;
  }
}
