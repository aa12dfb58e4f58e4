import type { StepProgress } from '../core/executor.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { noAnswer } from './ask.ts';
import type { Repository } from './github-access.ts';
import { answerIn } from './github-answer.ts';

/** What a call to GitHub that failed lets us know of the run, and say of it. */
export interface GithubRefusals {
  /** Before anything was dispatched: whatever failed, nothing has happened. */
  readonly notLetIn: (error: unknown, repository: Repository) => StepProgress;
  /** @throws when the run may have been started all the same */
  readonly notDispatched: (error: unknown) => StepProgress;
  readonly notRead: (error: unknown) => Error;
}

export const slower = 'GitHub asks us to slow down.';

/** @param isApp we come as a GitHub App, whose tokens are renewed */
export function githubRefusals({
  now,
  quote,
  isApp,
}: {
  readonly now: () => Instant;
  readonly quote: (words: string) => string;
  readonly isApp: boolean;
}): GithubRefusals {
  function notLetIn(error: unknown, { owner, repo }: Repository): StepProgress {
    const refused = answerIn(error, now());
    if (refused === undefined) {
      return { status: 'not-started', note: `GitHub cannot be reached (${quote(noAnswer(error).message)}).` };
    }
    const { status, words } = refused;
    if (refused.slowDown !== undefined) return askedToSlowDown(refused.slowDown);
    if (status >= 500) return { status: 'not-started', note: `GitHub answered ${status}.` };
    if (status === 404) {
      return {
        status: 'failed',
        note: `The GitHub App is not installed on ${owner}/${repo}: install it there, with Actions: read and write.`,
        begun: false,
      };
    }
    return {
      status: 'failed',
      note: `GitHub does not let the app in (${status}): ${quote(words)}. Check GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.`,
      begun: false,
    };
  }

  function notDispatched(error: unknown): StepProgress {
    const refused = answerIn(error, now());
    if (refused === undefined) {
      const lost = noAnswer(error);
      if (lost.mayHaveHappened) throw new Error(`GitHub's answer was lost (${quote(lost.message)}).`);
      return { status: 'not-started', note: `GitHub cannot be reached (${quote(lost.message)}).` };
    }
    if (refused.status >= 500) throw new Error(`GitHub answered ${refused.status}.`);
    if (refused.slowDown !== undefined) return askedToSlowDown(refused.slowDown);
    if (refused.status === 401 && isApp)
      return { status: 'not-started', note: "GitHub no longer takes the app's token; it gets a new one." };
    const note = `GitHub refused the run (${refused.status}): ${quote(refused.words)}`;
    return { status: 'failed', note, begun: false };
  }

  function notRead(error: unknown): Error {
    const answer = answerIn(error, now());
    return new Error(
      answer
        ? `GitHub answered ${answer.status}: ${quote(answer.words)}`
        : `GitHub gave no answer (${quote(noAnswer(error).message)}).`,
    );
  }

  return { notLetIn, notDispatched, notRead };
}

function askedToSlowDown(again: Milliseconds): StepProgress {
  return { status: 'not-started', note: slower, again };
}
