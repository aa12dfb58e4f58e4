import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../trust/sha256.ts';

export interface NewToken {
  readonly token: string;
  readonly sha256: string;
}

export function newToken(): NewToken {
  const token = randomBytes(32).toString('base64url');
  return { token, sha256: sha256Hex(token) };
}

/**
 * Shows the token, once, and the setting with everything that was in it and the new hash.
 * @param renewed there was a hash before, which goes on working
 */
export function printNewToken(made: {
  readonly token: string;
  readonly of: string;
  readonly setting: 'WEBHOOK_TOKENS' | 'API_TOKENS';
  readonly value: unknown;
  readonly renewed: boolean;
}): void {
  const { token, of, setting, value, renewed } = made;
  const lines = [
    `The token of ${of}; it is shown only now:`,
    `  ${token}`,
    "In the bot's environment or .env, instead of the line that is there; it takes effect with the next start:",
    `  ${setting}='${JSON.stringify(value)}'`,
    'The line holds every token. Put it there before you make another one: the next line is made from this one.',
    ...(renewed
      ? [`Its token of before goes on working: take the older hash out when nobody uses it any more.`]
      : []),
  ];
  process.stdout.write(`${lines.join('\n\n')}\n`);
}

/** One hash stands alone in a setting, several in a list. */
export function hashesOf(all: readonly string[]): string | readonly string[] {
  const [only, another] = all;
  return only !== undefined && another === undefined ? only : all;
}
