/**
 * What one person is told, in words that Slack, the terminal and the API all print. Everything in it is plain text:
 * whoever prints it escapes it.
 */
export interface Answer {
  /** `wrong`: it was mistyped. `refused`: it was understood, and may not be. */
  readonly tone: 'done' | 'info' | 'wrong' | 'refused';
  readonly title: string;
  readonly lines: readonly string[];
}

export function answer(tone: Answer['tone'], title: string, ...lines: readonly string[]): Answer {
  return { tone, title, lines };
}
