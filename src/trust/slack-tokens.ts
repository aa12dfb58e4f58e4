import { z } from 'zod';
import { secret } from './secrets.ts';

/**
 * Slack hands out three strings on two pages, and they get mixed up: each is told from the others by its beginning,
 * which is no secret.
 */
const kinds = [
  ['xoxb-', "the bot's token (xoxb-…): that one is SLACK_BOT_TOKEN"],
  ['xapp-', 'an app-level token (xapp-…): that one is SLACK_APP_TOKEN'],
  ['xoxp-', "a person's token (xoxp-…), which Lastgood does not use"],
  ['xoxe', 'a token that expires (xoxe…): switch token rotation off in the settings of the Slack app'],
] as const;

/** OAuth & Permissions → Bot User OAuth Token. */
export const botToken = token(
  'xoxb-',
  "The bot's begins with xoxb- and stands under OAuth & Permissions, once the app is installed.",
);

/** Basic Information → App-Level Tokens; with the scope connections:write. */
export const appToken = token(
  'xapp-',
  'An app-level token begins with xapp- and is made under Basic Information, App-Level Tokens.',
);

/** Basic Information → App Credentials. */
export const signingSecret = z
  .string()
  .refine((value) => !kindOf(value), {
    error: ({ input }) =>
      `looks like ${kindOf(String(input))}. The signing secret has no such beginning; it stands under Basic Information.`,
  })
  .transform(secret);

function token(prefix: string, where: string): z.ZodType<ReturnType<typeof secret>, string> {
  return z
    .string()
    .refine((value) => value.startsWith(prefix), {
      error: ({ input }) => {
        const kind = kindOf(String(input));
        return `${kind === undefined ? 'is no such token' : `looks like ${kind}`}. ${where}`;
      },
    })
    .transform(secret);
}

function kindOf(value: string): string | undefined {
  return kinds.find(([prefix]) => value.startsWith(prefix))?.[1];
}
