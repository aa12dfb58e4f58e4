import { outcomeOf } from '../slack/posting.ts';
import { unknown, wrong, type Looked } from './finding.ts';

/** What a failed call to Slack means, in the words of the carriers that post. `where` is what was asked about. */
export function sayRefusal(
  error: unknown,
  where: string,
): { readonly why: string; readonly certain: boolean } {
  const outcome = outcomeOf(error, true, where);
  switch (outcome.status) {
    case 'failed':
      return { why: outcome.why, certain: true };
    case 'retry':
      return { why: `${outcome.why}.`, certain: false };
    default:
      throw error;
  }
}

/** Slack said no, which is wrong; or nothing that can be used, which leaves it unknown. */
export function refused(name: string, error: unknown): Looked {
  const { why, certain } = sayRefusal(error, name);
  return certain ? wrong(name, why) : unknown(name, why);
}
