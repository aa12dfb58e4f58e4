import { z } from 'zod';
import type { Policies } from '../core/policies/policies.ts';
import type { StreamEnd } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import { mostTold } from '../store/store.ts';
import { sha256Hex } from '../trust/sha256.ts';

/** Webhooks that changed nothing, by their keys, where these streams stood, until then and under these policies. */
export interface ToldRepeats {
  readonly repeats: readonly string[];
  /** `policiesMark` of them. */
  readonly policies: string;
  readonly ends: readonly StreamEnd[];
  readonly until: Instant;
}

/** No further one follows than those of a hundred years. */
const never = Number.MAX_SAFE_INTEGER;

const shape = z.strictObject({
  repeats: z.array(z.string()),
  policies: z.string(),
  ends: z.array(z.strictObject({ id: z.string(), version: z.int().positive(), hash: z.string() })).min(1),
  until: z.int(),
});

/** The same for the same files, whoever has read them. */
export function policiesMark({ hashes }: Policies): string {
  return sha256Hex(JSON.stringify(Object.entries(hashes).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** As other replicas are told: in as many parts as it takes, none for what is too long to be told. */
export function sayRepeats({ repeats, until, ...where }: ToldRepeats): readonly string[] {
  const say = (some: readonly string[]): string =>
    JSON.stringify({ repeats: some, until: Math.min(until, never), ...where } satisfies ToldRepeats);
  const room = mostTold - Buffer.byteLength(say([]));
  const parts: string[][] = [];
  let left = 0;
  for (const key of repeats) {
    const length = Buffer.byteLength(JSON.stringify(key)) + 1;
    if (length > room) continue;
    if (parts.length === 0 || length > left) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(key);
    left -= length;
  }
  return parts.map(say);
}

/** What another replica said; undefined when it is none of this. */
export function readRepeats(words: string): ToldRepeats | undefined {
  try {
    return shape.parse(JSON.parse(words));
  } catch {
    return undefined;
  }
}
