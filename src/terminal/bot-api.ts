import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiError, commandAnswer, type CommandAnswer } from '../http/api/command-shapes.ts';
import { notesIn } from '../http/health.ts';
import { reveal } from '../trust/secrets.ts';
import type { BotAddress } from './bot-address.ts';
import { exitCode, Stop } from './exit.ts';
import { printable } from './print.ts';

/** What the bot said: its answer, or the sentence with which its API declined. */
export type Told =
  | { readonly kind: 'answer'; readonly answer: CommandAnswer }
  | { readonly kind: 'declined'; readonly status: number; readonly error: string };

export interface BotApi {
  /** Sends what was typed; an answer that was lost is asked for again under the same key, which is safe. */
  readonly say: (command: string, line: string) => Promise<Told>;
  /** `api/v1/operations/OP-7` */
  readonly read: (path: string) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** What it says of itself that does not work; undefined when that cannot be read at once. */
  readonly notes: () => Promise<readonly string[] | undefined>;
}

export interface Patience {
  readonly attemptWithin: number;
  /** Before each further attempt. */
  readonly pauses: readonly number[];
}

/** Nobody waits for what they did not ask for. */
const notesWithin = 1_000;

const usualPatience: Patience = { attemptWithin: 10_000, pauses: [250, 1_000, 3_000] };

interface Request {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer that did not come: the request may have been carried out. */
class Lost extends Error {
  override readonly name = 'Lost';
}

/** @param key makes an idempotency key, one for each thing that is said */
export function botApi(
  { url, token }: BotAddress,
  { attemptWithin, pauses }: Patience = usualPatience,
  key: () => string = randomUUID,
): BotApi {
  async function request(path: string, init: Request = {}): Promise<{ status: number; body: unknown }> {
    const authorization = `Bearer ${reveal(token)}`;
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...init.headers, authorization, accept: 'application/json' },
      // The token is for this address and for no other.
      redirect: 'manual',
      signal: AbortSignal.timeout(attemptWithin),
    }).catch((error: unknown) => {
      throw neverSent(error) ? unreachable(url, error) : new Lost(reasonOf(error), { cause: error });
    });
    if (response.status >= 300 && response.status < 400) {
      throw new Stop(
        exitCode.configuration,
        `${url} sends us elsewhere (${response.status}). Put the address that it means into LASTGOOD_URL.`,
      );
    }
    const text = await response.text().catch((error: unknown) => {
      throw new Lost(reasonOf(error), { cause: error });
    });
    return { status: response.status, body: parsed(text) };
  }

  async function attempt(command: string, init: Request): Promise<Told> {
    const { status, body } = await request(`api/v1/commands/${encodeURIComponent(command)}`, init);
    const answer = commandAnswer.safeParse(body).data;
    if (answer) return { kind: 'answer', answer };
    const error = apiError.safeParse(body).data?.error;
    if (status >= 500 && status !== 503) throw new Lost(error ?? `status ${status}`);
    if (error !== undefined) return { kind: 'declined', status, error };
    if (status === 503) return { kind: 'declined', status, error: 'It takes nothing at the moment.' };
    throw new Stop(
      exitCode.configuration,
      `What answers at ${url} (status ${status}) is not Lastgood. Correct LASTGOOD_URL.`,
    );
  }

  return {
    say: async (command, line) => {
      const init: Request = {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': key(),
          'x-lastgood-via': 'terminal',
        },
        body: JSON.stringify({ line }),
      };
      let lost: Lost | undefined;
      for (let tries = 0; ; tries += 1) {
        const pause = pauses[tries];
        try {
          const told = await attempt(command, init);
          if (told.kind === 'answer' || told.status !== 503) return told;
          if (pause === undefined && !lost) return told;
        } catch (error) {
          // Once it may have arrived, a refused connection says nothing about it: the bot may be starting again.
          if (error instanceof Lost) lost = error;
          else if (!lost || !(error instanceof Stop) || error.code !== exitCode.failed) throw error;
        }
        if (pause === undefined) throw unknownWhether(url, lost);
        await sleep(pause);
      }
    },
    read: (path) =>
      request(path).catch((error: unknown) => {
        throw error instanceof Lost ? unreachable(url, error) : error;
      }),
    notes: async () => {
      try {
        const signal = AbortSignal.timeout(notesWithin);
        const response = await fetch(`${url}readyz`, { redirect: 'manual', signal });
        return notesIn(response.status, await response.text());
      } catch {
        return undefined;
      }
    },
  };
}

function unreachable(url: string, error: unknown): Stop {
  return new Stop(
    exitCode.failed,
    `The bot at ${url} cannot be reached: ${reasonOf(error)}.\n` +
      'Is it running? If it is down, say the same with --offline on the machine that has its store.',
    { cause: error },
  );
}

function unknownWhether(url: string, lost: Lost | undefined): Stop {
  return new Stop(
    exitCode.inconclusive,
    `No answer came from ${url} (${lost?.message ?? 'it is busy'}): it may have been done, or not.\n` +
      'Look before you say it again: lastgood channels, lastgood incident list, lastgood operation list.',
    { cause: lost },
  );
}

/** No connection, no request. Whatever we do not know for certain counts as sent. */
function neverSent(error: unknown): boolean {
  if (error instanceof Error && error.name === 'TimeoutError') return false;
  const code = codeOf(error);
  return (
    code === undefined ||
    /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(
      code,
    )
  );
}

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof Lost) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'it does not answer in time';
  const { cause } = error instanceof Error ? error : {};
  const words = cause instanceof Error && cause.message !== '' ? cause.message : String(error);
  return printable(codeOf(error) ?? words);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
