import { completeVerb } from './complete.ts';
import { environmentHere } from './environment.ts';

/**
 * The words that could stand at the cursor. It is silent whatever goes wrong: the line that is being typed is no place
 * for errors.
 * @param typed the words behind `lastgood`; the last one is at the cursor, and may be empty
 * @param firstWords every command
 * @param ofOwn what yargs knows by itself: options, and the words of our own commands
 */
export async function suggest(
  typed: readonly string[],
  firstWords: readonly string[],
  ofOwn: (line: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const current = typed.at(-1) ?? '';
  const before = typed.slice(0, -1).filter((word) => !word.startsWith('-'));
  try {
    const isOption = current.startsWith('-');
    const asksForHelp = before.length === 1 && before[0] === 'help';
    if ((before.length === 0 || asksForHelp) && !isOption) return firstWords;
    if (!isOption) {
      const { knownWords } = await import('./known-words.ts');
      const words = await completeVerb(before, knownWords(environmentHere()));
      if (words) return words;
    }
    return await ofOwn(['lastgood', ...typed]);
  } catch {
    return [];
  }
}
