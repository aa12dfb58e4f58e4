import type { Answer } from '../core/answer.ts';
import { exitCode, type ExitCode } from './exit.ts';
import { inTerminal } from './in-terminal.ts';

/** Titles and lines hold what alerts and people wrote: no byte of it may steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ');
}

/** The title, then the lines, as they are read in a terminal. What was not done goes to stderr. */
export function printAnswer(answer: Answer): void {
  const { tone, title, lines } = inTerminal(answer, Date.now());
  const text = `${[title, ...lines].map(printable).join('\n')}\n`;
  (tone === 'done' || tone === 'info' ? process.stdout : process.stderr).write(text);
}

/** One line of JSON. JSON itself escapes only the lower control characters. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  process.stdout.write(`${json}\n`);
}

export function exitCodeOf(tone: Answer['tone']): ExitCode {
  switch (tone) {
    case 'done':
    case 'info':
      return exitCode.done;
    case 'refused':
      return exitCode.failed;
    case 'wrong':
      return exitCode.usage;
    default:
      return tone satisfies never;
  }
}
