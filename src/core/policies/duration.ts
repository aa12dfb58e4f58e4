import { z } from 'zod';
import { parseDuration, type Milliseconds } from '../time.ts';

const expected = 'expected a duration such as 90s, 15m, 2h or 4d';

/** `90s`, `15m`, `2h`, `4d`, read into milliseconds. No clock of a policy can be zero by mistake. */
export const duration = durationOf((length) => length > 0, `${expected}, longer than 0s`);

/** A duration that may be `0s`: at once. */
export const delay = durationOf(() => true, expected);

/** A duration, or `never` (null). */
export const durationOrNever = z.union([z.literal('never').transform(() => null), duration], {
  error: `${expected}, or never`,
});

/** A name that people type and links carry: lower case, digits, dashes. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected a name of lower-case letters, digits and dashes')
  // The only such name that every object has already: looked up in a record, it would be found in all of them.
  .refine((text) => text !== 'constructor', 'expected a name that means nothing to JavaScript');

function durationOf(fits: (length: Milliseconds) => boolean, otherwise: string) {
  return z.string({ error: expected }).transform((text, context) => {
    const length = parseDuration(text);
    if (length !== undefined && fits(length)) return length;
    context.addIssue({ code: 'custom', message: length === undefined ? expected : otherwise });
    return z.NEVER;
  });
}
