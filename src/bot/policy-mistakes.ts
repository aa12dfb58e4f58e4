import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Policies } from '../core/policies/policies.ts';
import { sayPast, type Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { oneAtATime } from '../engine/one-at-a-time.ts';
import { sayProblems, type PolicyProblem } from '../policies/problem.ts';
import type { Store } from '../store/store.ts';
import { sha256Hex } from '../trust/sha256.ts';
import type { PolicyEdits } from './policies.ts';
import { shoutOnce, type Shout } from './shout-once.ts';

const mark = 'policy-mistakes';

/** Since when there are mistakes, and which were told since. */
const toldShape = z.object({ since: z.number(), told: z.array(z.string()) });
type Told = z.infer<typeof toldShape>;

/** As many as somebody corrects before asking again. */
const mostShown = 5;

/** For whoever looks after the bot; nothing when what stands in the files is in force. */
export function notesOnPolicies(edits: PolicyEdits | undefined): readonly string[] {
  const length = edits?.problems().length ?? 0;
  if (length === 0) return [];
  const mistakes = length === 1 ? 'a mistake' : `${length} mistakes`;
  return [`The edited policies have ${mistakes}, and those of before stay in force`];
}

/**
 * Tells the emergency conversation when edited policies are refused, each mistake once, and when they are right again:
 * whoever saved the file looks at their editor, and believes that what it says is in force. Returns how to stop it.
 */
export function tellPolicyMistakes(parts: {
  readonly store: Store;
  readonly engine: Pick<Engine, 'poke'>;
  readonly edits: PolicyEdits;
  /** Those in force. */
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly log: Log;
}): () => Promise<void> {
  const { store, edits, clock, log } = parts;
  const shout = shoutOnce({ ...parts, now: clock.now });

  async function look(): Promise<void> {
    const problems = edits.problems();
    const before = readTold(await store.readMark(mark));
    if (problems.length === 0) {
      if (!before) return;
      await shout(`policy-mistakes/${before.since}/right`, right(before.since, clock.now()));
      await store.writeMark(mark, '');
      return;
    }
    const { since, told } = before ?? { since: clock.now(), told: [] };
    const news = problems.filter((problem) => !told.includes(keyOf(problem)));
    if (news.length === 0) return;
    const keys = news.map(keyOf);
    await shout(`policy-mistakes/${since}/${sha256Hex(keys.join()).slice(0, 16)}`, refused(news));
    await store.writeMark(mark, JSON.stringify({ since, told: [...told, ...keys] } satisfies Told));
  }

  const looking = oneAtATime(async () => {
    try {
      await look();
    } catch (error) {
      log.error({ error }, 'nobody could be told of the mistakes in the policies, or that they are gone');
    }
  });
  const unsubscribe = edits.onRead(looking.ask);
  looking.start();
  return async () => {
    unsubscribe();
    await looking.stop();
  };
}

function refused(problems: readonly PolicyProblem[]): Shout {
  const left = problems.length - mostShown;
  return {
    text: 'The edited policies are not in force, because of what is wrong in them. Those of before stay in force.',
    lines: [
      ...problems.slice(0, mostShown).map((problem) => `• ${sayProblems([problem])}`),
      ...(left > 0 ? [`… and ${left} more`] : []),
      'Correct it and save: it is read again within a minute. All that is wrong: /lastgood doctor',
    ],
  };
}

function right(since: Instant, now: Instant): Shout {
  return {
    text: `The policies are right again, and in force. They had been wrong since ${sayPast(since, now)}.`,
  };
}

/** Without its line: what stands above it is edited, too. */
function keyOf({ file, path, message }: PolicyProblem): string {
  return sha256Hex(JSON.stringify([file, path, message])).slice(0, 16);
}

function readTold(written: string | undefined): Told | undefined {
  return written === undefined || written === '' ? undefined : toldShape.parse(JSON.parse(written));
}
