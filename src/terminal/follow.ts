import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../core/time.ts';
import { apiError } from '../http/api/command-shapes.ts';
import { operationShape, type OperationShape } from '../http/api/operation-shapes.ts';
import type { BotApi } from './bot-api.ts';
import { exitCode, Stop, type ExitCode } from './exit.ts';
import { asTyped, inLocalTime, sayLocalTime } from './in-terminal.ts';
import { changesOf } from './operation-changes.ts';
import { printable } from './print.ts';
import { withProgress } from './progress.ts';

export interface Followed {
  readonly code: ExitCode;
  /** As it was seen last; undefined when it never was. */
  readonly operation: OperationShape | undefined;
}

const lookEvery = 1_000;
/** A restart of the bot is over by then. */
const awayAtMost = 120_000;

/**
 * Looks at an operation until it has ended, and says each change once, on stderr. Ctrl-C ends the looking and not the
 * operation. While the bot is away it goes on asking for two minutes.
 */
export async function followOperation(
  bot: Pick<BotApi, 'read'>,
  id: string,
  {
    quiet = false,
    every = lookEvery,
    write = (text: string): unknown => process.stderr.write(text),
  }: {
    readonly quiet?: boolean;
    readonly every?: number;
    readonly write?: (text: string) => unknown;
  } = {},
): Promise<Followed> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  let seen: OperationShape | undefined;
  let awaySince: number | undefined;

  async function look(): Promise<OperationShape | undefined> {
    try {
      const { status, body } = await bot.read(`api/v1/operations/${id}`);
      const read = operationShape.safeParse(body);
      if (read.success) return read.data;
      const error = apiError.safeParse(body).data?.error ?? `status ${status}`;
      // 503 and the like are a bot that stops or starts; the rest will not change by asking again.
      if (status < 500)
        throw new Stop(exitCode.inconclusive, `${id} cannot be followed: ${printable(error)}`);
    } catch (error) {
      if (!(error instanceof Stop) || error.code !== exitCode.failed) throw error;
    }
    return undefined;
  }

  async function untilNews(): Promise<OperationShape | undefined> {
    while (!interrupted.signal.aborted) {
      const now = await look();
      if (now) awaySince = undefined;
      else awaySince ??= performance.now();
      if (now && changesOf(seen, now, Date.now()).length > 0) return now;
      if (awaySince !== undefined && performance.now() - awaySince > awayAtMost) {
        throw new Stop(
          exitCode.inconclusive,
          `The bot has not answered for two minutes: how ${id} goes on cannot be seen from here.`,
        );
      }
      await sleep(every, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
    return undefined;
  }

  const say = (text: string, at: Instant = Date.now()): unknown =>
    write(`${sayLocalTime(at)}  ${printable(asTyped(inLocalTime(text, at)))}\n`);

  try {
    for (;;) {
      const what = seen ? `${id} is ${seen.status.replaceAll('-', ' ')}` : `Looking at ${id}`;
      const now = await withProgress(what, untilNews(), { quiet });
      if (!now) {
        say(
          `Not following any more. ${id} goes on: lastgood operation show ${id} tells how far it is, lastgood operation abort ${id} stops it.`,
        );
        return { code: exitCode.inconclusive, operation: seen };
      }
      for (const { at, text } of changesOf(seen, now, Date.now()))
        say(text, at === undefined ? Date.now() : Date.parse(at));
      seen = now;
      const code = endOf(now);
      if (code !== undefined) return { code, operation: now };
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** @returns undefined while it goes on */
function endOf({ status }: OperationShape): ExitCode | undefined {
  switch (status) {
    case 'awaiting-approval':
    case 'approved':
    case 'running':
      return undefined;
    case 'done':
      return exitCode.done;
    case 'failed':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return exitCode.failed;
    case 'unknown':
      return exitCode.inconclusive;
    default:
      return status satisfies never;
  }
}
