import type { z } from 'zod';
import { sayStartFailure } from '../bot/start-failure.ts';
import type { Environment } from '../env-file.ts';
import { apiError } from '../http/api/command-shapes.ts';
import { auditEnds, auditEvents, auditHeads, auditState } from '../http/api/audit.ts';
import { withStoredTrail } from '../store/stored-trail.ts';
import type { ReadableTrail } from '../trust/audit/verify.ts';
import { readBotAddress } from './bot-address.ts';
import { botApi } from './bot-api.ts';
import { botSettings } from './bot-settings.ts';
import { exitCode, Stop } from './exit.ts';

/** A trail to be read, and the id that its heads bear. */
export interface AuditSource {
  readonly store: string;
  readonly trail: ReadableTrail;
}

/**
 * Lends the trail: of the running bot by its API, page by page, or of the store of one that is down.
 * @throws Stop 78 when the store cannot be opened or the bot does not let us in, 1 when it cannot be reached
 */
export async function withAuditSource<T>(
  env: Environment,
  offline: boolean,
  work: (source: AuditSource) => Promise<T>,
): Promise<T> {
  if (!offline) return work(await fromBot(env));
  const settings = botSettings(env, ['DATA_DIR', 'DATABASE_URL']);
  return withStoredTrail(settings, work).catch((error: unknown) => {
    if (error instanceof Stop) throw error;
    const { exitCode: code, message } = sayStartFailure(error);
    throw new Stop(code, message, { cause: error });
  });
}

async function fromBot(env: Environment): Promise<AuditSource> {
  const bot = botApi(readBotAddress(env));

  async function read<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const { status, body } = await bot.read(`api/v1/audit${path}`);
    const found = shape.safeParse(body);
    if (status === 200 && found.success) return found.data;
    const error =
      apiError.safeParse(body).data?.error ?? `The bot gave no trail to be read (status ${status}).`;
    throw new Stop(status === 401 ? exitCode.configuration : exitCode.failed, error);
  }
  const page = (name: string, after: string | number, limit: number): string =>
    `/${name}?after=${encodeURIComponent(after)}&limit=${limit}`;

  const { store, settled, head } = await read('', auditState);
  return {
    store,
    trail: {
      // Both as of one moment: what is written and sealed later is left to the next look.
      settled: () => Promise.resolve(settled),
      newestHead: () => Promise.resolve(head ?? undefined),
      events: async (after, limit) =>
        (await read(page('events', after, limit), auditEvents)).events.map((event) => ({
          ...event,
          prev: event.prev,
          hash: event.hash,
        })),
      ends: async (after, limit) =>
        (await read(page('ends', after, limit), auditEnds)).ends.map(({ id, version, hash, newest }) => ({
          id,
          version,
          hash,
          newest: newest && { seq: newest.seq, hash: newest.hash },
        })),
      heads: async (after, limit) => (await read(page('heads', after, limit), auditHeads)).heads,
    },
  };
}
