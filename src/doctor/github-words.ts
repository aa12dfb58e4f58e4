import type { Instant } from '../core/time.ts';
import { noAnswer } from '../executors/ask.ts';
import { answerIn } from '../executors/github-answer.ts';

/** What GitHub answered to a call that failed; `status` is undefined when there was no answer. */
export function sayGithub(
  error: unknown,
  now: Instant,
): { readonly status: number | undefined; readonly why: string } {
  const answer = answerIn(error, now);
  if (!answer) return { status: undefined, why: `GitHub gave no answer (${noAnswer(error).message})` };
  return { status: answer.status, why: `GitHub answered ${answer.status}: ${answer.words}` };
}
