import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { sha256Hex } from '../sha256.ts';
import type { Signer } from '../signing-key.ts';
import { canonicalJson } from './canonical-json.ts';
import { beginning } from './chain.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const position = z.int().min(0);

const head = z.strictObject({
  format: z.literal('lastgood-head-1'),
  /** Which store: every head of it says the same. */
  store: z.string(),
  /** From 1 on, without a gap. */
  number: z.int().min(1),
  at: z.iso.datetime(),
  /** It covers the events of all streams at positions behind `after`, up to and with `to`. */
  after: position,
  to: position,
  /** SHA-256 over the canonical JSON of `ends`. */
  digest: hash,
  /** The hash of the head before it. */
  prev: hash,
  /** By which key, and an Ed25519 signature in base64 over the canonical JSON of all the rest; null without a key. */
  key: z.string().nullable(),
  signature: z.string().nullable(),
});

/** Of each stream with events there, the newest one: stream, seq, hash; by the stream's id. */
const ends = z.array(z.tuple([z.string(), z.int().min(1), hash])).readonly();

/** A statement over all events up to a position; each names the one before it, so that the newest vouches for all. */
export type Head = Readonly<z.infer<typeof head>>;
export type Ends = z.infer<typeof ends>;

/** Public halves of signing keys, by key id. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** The place of a head in their chain. */
export type HeadLink = Pick<Head, 'number' | 'to'> & { readonly hash: string };

export const beforeAllHeads: HeadLink = { number: 0, to: 0, hash: beginning };

/** Seals the next head. @param at ISO 8601 */
export function makeHead(
  before: HeadLink,
  covered: { readonly store: string; readonly at: string; readonly to: number; readonly ends: Ends },
  signer: Signer | undefined,
): { readonly head: Head; readonly text: string } {
  const { store, at, to } = covered;
  const unsigned = {
    format: 'lastgood-head-1',
    store,
    number: before.number + 1,
    at,
    after: before.to,
    to,
    digest: digestOf(covered.ends),
    prev: before.hash,
    key: signer?.keyId ?? null,
  } as const;
  const made = { ...unsigned, signature: signer?.sign(canonicalJson(unsigned)) ?? null };
  return { head: made, text: canonicalJson({ ...made, ends: covered.ends }) };
}

const written = head.extend({ ends: ends.optional() });

/** A head as it was stored or anchored, there with or without what its digest is of; undefined when it is none. */
export function readHead(text: string): { readonly head: Head; readonly ends: Ends | undefined } | undefined {
  try {
    const { ends: found, ...read } = written.parse(JSON.parse(text));
    return { head: read, ends: found };
  } catch {
    return undefined;
  }
}

export function linkOf(made: Head): HeadLink {
  return { number: made.number, to: made.to, hash: sha256Hex(canonicalJson(made)) };
}

export function digestOf(covered: Ends): string {
  return sha256Hex(canonicalJson(covered));
}

/** `unknown`: by a key of which we have no public half. */
export type Signature = 'good' | 'bad' | 'unknown' | 'none';

export function judgeSignature({ signature, ...signed }: Head, keys: PublicKeys): Signature {
  if (signed.key === null || signature === null) return 'none';
  const key = keys.get(signed.key);
  if (!key) return 'unknown';
  const text = Buffer.from(canonicalJson(signed));
  return verify(null, text, key, Buffer.from(signature, 'base64')) ? 'good' : 'bad';
}
