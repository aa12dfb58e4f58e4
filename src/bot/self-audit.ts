import { createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import { inTurn } from '../store/in-turn.ts';
import type { Store } from '../store/store.ts';
import { beforeAllHeads, linkOf, readHead, type HeadLink } from '../trust/audit/head.ts';
import { BrokenTrail, type Wrong } from '../trust/audit/place.ts';
import { sealTrail } from '../trust/audit/seal.ts';
import { verifyTrail } from '../trust/audit/verify.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import { signerOf, signingKeyId } from '../trust/signing-key.ts';
import type { Shout, ShoutOnce } from './shout-once.ts';
import { within } from './within.ts';

/** What the last look at what is stored found. */
export type LastAudit =
  | { readonly at: Instant; readonly passed: true }
  | ({ readonly at: Instant; readonly passed: false } & Wrong);

/** Seals heads over what was written, and looks whether all of it still is as it was written. */
export interface SelfAudit {
  /** Undefined before the first. One that fails stays so until all was looked at and is right. */
  readonly lastAudit: () => LastAudit | undefined;
  /** Resolves when a head covers all that was stored before. @throws BrokenTrail, StoreUnavailable */
  readonly seal: () => Promise<void>;
  /** For whoever audits from outside: how far everything is written, once what no head covers is sealed. */
  readonly state: () => Promise<{
    readonly store: string;
    readonly settled: number;
    readonly head: string | null;
  }>;
  /** Looks at what was written since the last look, or at everything. It tells what it finds, and does not throw. */
  readonly look: (at: 'new' | 'all') => Promise<void>;
  /** A line for whoever looks after the bot; nothing when all is well. */
  readonly notes: () => readonly string[];
  /** The first look. */
  readonly start: () => void;
  /** Ends what is under way, and seals what it can within moments. */
  readonly stop: () => Promise<void>;
}

/** Between pages of 250 events. What is new is soon done; a long look takes a hundredth of a core, and nobody waits for it. */
const leisure = { soon: 20, long: 200, longAfter: 40 } as const;
const lastSealWithin: Milliseconds = 3_000;
const mostAtOnce = 10_000;

/** Up to which head all was looked at; what is wrong, as it was told. */
const marks = { to: 'audited-to', wrong: 'audit-wrong' } as const;
const linkShape = z.object({ number: z.number(), to: z.number(), hash: z.string() });
const wrongShape = z.object({ where: z.string(), what: z.string() });

export function createSelfAudit(parts: {
  readonly store: Pick<Store, 'audit' | 'readMark' | 'writeMark'>;
  readonly storeId: string;
  readonly signingKey: Secret | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly shout: ShoutOnce;
}): SelfAudit {
  const { store, storeId, signingKey, clock, log, shout } = parts;
  const { now } = clock;
  const signer = signingKey && signerOf(signingKey);
  const keys = publicHalf(signingKey);
  const stopping = new AbortController();
  let last: LastAudit | undefined;
  let link: HeadLink | undefined;
  const sealing = inTurn();
  const looking = inTurn();

  async function seal(options: {
    readonly pause?: () => Promise<void>;
    readonly most?: number;
  }): Promise<void> {
    await sealTrail(store.audit, { store: storeId, now, signer, ...options });
  }

  async function look(at: 'new' | 'all'): Promise<void> {
    link ??= readLink(await store.readMark(marks.to)) ?? (await newestLink());
    const since = at === 'new' && link.number > 0 ? { since: link } : undefined;
    const verdict = await verifyTrail(
      store.audit,
      { store: storeId, keys, ...since },
      pausing(stopping.signal),
    );
    if (verdict.wrong) return found(verdict.wrong);
    link = verdict.link;
    await store.writeMark(marks.to, JSON.stringify(link));
    const known = readWrong(await store.readMark(marks.wrong));
    // Only whoever has looked at everything can say that it is right again.
    if (known && since) {
      last = { at: now(), passed: false, ...known };
      return;
    }
    if (known) await store.writeMark(marks.wrong, '');
    last = { at: now(), passed: true };
    if (!since) log.info({ events: verdict.events, heads: verdict.heads }, 'all that is stored was audited');
  }

  /** A store that was sealed and never looked at is looked at from there on, and as a whole at night. */
  async function newestLink(): Promise<HeadLink> {
    const read = readHead((await store.audit.newestHead()) ?? '');
    return read ? linkOf(read.head) : beforeAllHeads;
  }

  async function found(wrong: Wrong): Promise<void> {
    const at = now();
    last = { at, passed: false, ...wrong };
    log.error({ ...wrong }, 'what is stored is not as it was written');
    const text = JSON.stringify(wrong);
    if ((await store.readMark(marks.wrong)) === text) return;
    await shout(
      `audit/${new Date(at).toISOString().slice(0, 10)}/${sha256Hex(text).slice(0, 16)}`,
      alarm(wrong),
    );
    await store.writeMark(marks.wrong, text);
  }

  async function lookQuietly(at: 'new' | 'all'): Promise<void> {
    try {
      await look(at);
    } catch (error) {
      if (!stopping.signal.aborted) log.error({ error }, 'what is stored could not be audited');
    }
  }
  return {
    lastAudit: () => last,
    seal: () => sealing.next(() => seal({ pause: pausing(stopping.signal) })),
    state: async () => {
      await sealing.next(() => seal({ most: mostAtOnce })).catch(unlessBroken);
      const head = (await store.audit.newestHead()) ?? null;
      return { store: storeId, settled: await store.audit.settled(), head };
    },
    look: (at) => looking.next(() => lookQuietly(at)),
    notes: () =>
      last?.passed === false ? [`The audit of what is stored found: ${last.where} ${last.what}`] : [],
    start: () =>
      void looking.next(async () => {
        // Not to be read now: a look at what is new reads it again, and does not pass while it stands.
        const wasWrong = await store.readMark(marks.wrong).catch(() => undefined);
        await lookQuietly(readWrong(wasWrong) ? 'all' : 'new');
      }),
    stop: async () => {
      stopping.abort();
      await Promise.all([sealing.ended(), looking.ended()]);
      try {
        await within(lastSealWithin, seal({ most: mostAtOnce }));
      } catch (error) {
        if (error instanceof BrokenTrail) return;
        log.warn({ error }, 'what was written last is sealed at the next start');
      }
    },
  };
}

/** Whoever looks comes upon the place by themselves. */
function unlessBroken(error: unknown): void {
  if (!(error instanceof BrokenTrail)) throw error;
}

function pausing(signal: AbortSignal): () => Promise<void> {
  let pages = 0;
  return () => {
    pages += 1;
    return sleep(pages > leisure.longAfter ? leisure.long : leisure.soon, undefined, { signal });
  };
}

function alarm({ where, what }: Wrong): Shout {
  return {
    text: `What Lastgood has stored is not as it was written: ${where} ${what}.`,
    lines: [
      'Somebody has changed its records behind its back, or the disk is damaged. Do not rely on what they say before this is explained.',
      'To look closer: lastgood audit verify. What to do then is in docs/operations.md.',
    ],
  };
}

function publicHalf(signingKey: Secret | undefined) {
  if (!signingKey) return new Map();
  const key = createPublicKey(reveal(signingKey));
  return new Map([[signingKeyId(key), key]]);
}

function readLink(written: string | undefined): HeadLink | undefined {
  return parse(linkShape, written);
}

function readWrong(written: string | undefined): Wrong | undefined {
  return parse(wrongShape, written);
}

/** A mark that cannot be read says as little as none. */
function parse<T>(shape: z.ZodType<T>, written = ''): T | undefined {
  return written === '' ? undefined : shape.safeParse(readJson(written)).data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
