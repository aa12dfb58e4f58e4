import type { Instant, Milliseconds } from '../core/time.ts';

/** GitHub's answer inside what Octokit threw. */
export interface GithubRefusal {
  readonly status: number;
  readonly words: string;
  /** How long GitHub asks us to leave it alone; undefined when it does not. */
  readonly slowDown: Milliseconds | undefined;
}

/** What GitHub's documentation asks for where it names no time. */
const unnamed: Milliseconds = 60_000;

/** @returns undefined when there was no answer, although Octokit then says 500 */
export function answerIn(error: unknown, now: Instant): GithubRefusal | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const response = error.response as
    | {
        readonly status: number;
        readonly headers: Readonly<Record<string, string | number | undefined>>;
      }
    | undefined;
  if (response === undefined) return undefined;
  const { status, headers } = response;
  return { status, words: error.message, slowDown: slowDown(status, headers, now) };
}

function slowDown(
  status: number,
  headers: Readonly<Record<string, string | number | undefined>>,
  now: Instant,
): Milliseconds | undefined {
  const after = seconds(headers['retry-after']);
  const usedUp = String(headers['x-ratelimit-remaining']) === '0';
  const limited = status === 429 || (status === 403 && (after !== undefined || usedUp));
  if (!limited) return undefined;
  if (after !== undefined) return after * 1_000;
  // Seconds since the epoch, by GitHub's clock; a second more, since both clocks are cut to seconds.
  const reset = usedUp ? seconds(headers['x-ratelimit-reset']) : undefined;
  return reset === undefined ? unnamed : Math.max(1_000, reset * 1_000 - now + 1_000);
}

function seconds(header: string | number | undefined): number | undefined {
  return header !== undefined && /^\d{1,12}$/.test(String(header)) ? Number(header) : undefined;
}
