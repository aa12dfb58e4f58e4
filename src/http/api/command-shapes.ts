import { z } from 'zod';

/**
 * `POST /api/v1/commands/{name}`, as its callers see it.
 *
 * - `{name}` is a verb's command and word (`rollback`, `incident-ack`, `channels-set`), or a slash command without its
 *   slash (`incident`) when `line` is sent.
 * - The body holds the verb's arguments by name, all of them strings, or `line`: what one would type after the command
 *   (`{"line": "ack INC-12"}` for `incident`, `{"line": "INC-12"}` for `incident-ack`). None at all is `{}` or nothing.
 * - `authorization: Bearer <token>` says who asks; `x-lastgood-via: terminal` that they typed it in a terminal;
 *   `idempotency-key` makes sending it again safe.
 *
 * The statuses: 200 done or info, 400 wrong, 409 refused, each with a `CommandAnswer`; 400 (no JSON), 401, 403, 404 (no
 * such command), 415, 422 (the key was used for something else), 500 and 503 with an `ApiError`.
 */
export const commandPath = '/api/v1/commands/{name}';

/** `wrong` was mistyped, `refused` was understood and may not be. */
export const tones = ['done', 'info', 'wrong', 'refused'] as const;

/** What the person is told, in the words of Slack. Plain text: whoever shows it escapes it. */
export const commandAnswer = z.object({
  tone: z.enum(tones),
  title: z.string(),
  lines: z.array(z.string()),
  /** The operation that it planned, or else what it was decided for: `INC-12`, `OP-7`, `channel:shop/stable`. */
  stream: z.string().optional(),
});
export type CommandAnswer = Omit<z.infer<typeof commandAnswer>, 'lines'> & {
  readonly lines: readonly string[];
};

/** Every answer that is no representation: one sentence that says what is wrong and what to do about it. */
export const apiError = z.object({ error: z.string() });
export type ApiError = z.infer<typeof apiError>;

/** Visible ASCII without spaces. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/);

export const statusOfTone = { done: 200, info: 200, wrong: 400, refused: 409 } as const;
