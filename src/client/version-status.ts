/**
 * For apps that ask Lastgood whether their own version may still be used: checks a signed answer, with nothing but what
 * every JavaScript runtime has (Web Crypto). This file imports nothing, so that it can be copied as it is. How to do the
 * same in another language stands in docs/version-status.md.
 */
export interface Expected {
  /** The public keys that are trusted, as PEM; more than one while the key is being replaced. */
  readonly keys: readonly string[];
  readonly app: string;
  readonly version: string;
  /** In milliseconds since the epoch: `Date.now()`. */
  readonly now: number;
  /** The highest number that was ever accepted here; 0 before the first. Keep it where a restart finds it. */
  readonly highest: number;
  /** Only answers of this store (its six characters): for where two of them have to share a key. */
  readonly store?: string;
}

export type Checked =
  | {
      readonly ok: true;
      readonly status: 'active' | 'revoked' | 'unknown';
      /** ISO 8601. */
      readonly since?: string;
      readonly reason?: string;
      /** What `highest` is from now on. */
      readonly number: number;
      /** ISO 8601: until then the answer may be gone by without asking again. */
      readonly expiresAt: string;
    }
  | { readonly ok: false; readonly why: Refused };

export type Refused =
  | 'not-an-answer'
  | 'unknown-key'
  | 'bad-signature'
  | 'expired'
  | 'older-than-known'
  | 'another-store'
  | 'another-app';

/**
 * Reads the body of `GET /api/v1/status/{app}/{version}` or of `GET /.well-known/lastgood/status.json`. What is refused
 * says nothing of the version: go by what was accepted last, for as long as that had not expired.
 */
export async function checkVersionStatus(body: string, expected: Expected): Promise<Checked> {
  const envelope = parse(body);
  const [signed, signature, keyId] = [envelope?.['signed'], envelope?.['signature'], envelope?.['key']];
  if (typeof signed !== 'string' || typeof signature !== 'string' || typeof keyId !== 'string')
    return refuse('not-an-answer');
  const key = await keyNamed(keyId, expected.keys);
  if (!key) return refuse('unknown-key');
  if (!(await isSigned(signed, signature, key))) return refuse('bad-signature');

  const said = parse(signed);
  const { type, store, number, expires_at: expiresAt } = said ?? {};
  const expiry = typeof expiresAt === 'string' ? Date.parse(expiresAt) : NaN;
  if (!said || typeof number !== 'number' || typeof expiresAt !== 'string') return refuse('not-an-answer');
  if (!Number.isSafeInteger(number) || Number.isNaN(expiry)) return refuse('not-an-answer');
  if (expected.store !== undefined && store !== expected.store) return refuse('another-store');
  if (number < expected.highest) return refuse('older-than-known');
  if (expected.now >= expiry) return refuse('expired');
  const told = { number, expiresAt };
  if (type === 'lastgood.version-status') {
    const isMine = said['app'] === expected.app && said['version'] === expected.version;
    return isMine ? accept(said, told) : refuse('another-app');
  }
  if (type !== 'lastgood.version-status-list') return refuse('not-an-answer');
  const versions = own(own(said, 'apps'), expected.app);
  if (!versions) return refuse('another-app');
  const mine = own(versions, expected.version);
  return mine ? accept(mine, told) : { ok: true, status: 'unknown', ...told };
}

type Json = Readonly<Record<string, unknown>>;

function accept(
  { status, since, reason }: Json,
  told: { readonly number: number; readonly expiresAt: string },
): Checked {
  if (status !== 'active' && status !== 'revoked') return refuse('not-an-answer');
  return {
    ok: true,
    status,
    ...(typeof since === 'string' && { since }),
    ...(typeof reason === 'string' && { reason }),
    ...told,
  };
}

function refuse(why: Refused): Checked {
  return { ok: false, why };
}

function parse(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    // A proxy's page, or half an answer.
    return undefined;
  }
}

/** Never what every object has: a version may be called anything. */
function own(of: Json | undefined, name: string): Json | undefined {
  return of && Object.hasOwn(of, name) ? objectOf(of[name]) : undefined;
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}

/** A key's id: the first 16 hex digits of the SHA-256 of its DER (SPKI). */
async function keyNamed(id: string, keys: readonly string[]): Promise<Bytes | undefined> {
  for (const pem of keys) {
    const der = bytesOf(pem.replace(/-----[^-]+-----|\s/g, ''));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', der ?? new Uint8Array()));
    const digits = [...hash.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (der && digits === id) return der;
  }
  return undefined;
}

async function isSigned(text: string, signature: string, der: Bytes): Promise<boolean> {
  const bytes = bytesOf(signature);
  if (!bytes) return false;
  const key = await crypto.subtle.importKey('spki', der, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, bytes, new TextEncoder().encode(text));
}

type Bytes = Uint8Array<ArrayBuffer>;

function bytesOf(base64: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    // No base64.
    return undefined;
  }
}
