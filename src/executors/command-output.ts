import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Of the output, so much is read for a note. */
const tailBytes = 4_096;

/** The last lines that say something; none before there is any. */
export function lastLines(path: string, count: number): readonly string[] {
  return readTail(path)
    .split('\n')
    .map(asShown)
    .filter((line) => line !== '')
    .slice(-count);
}

export function contains(path: string, words: string): boolean {
  return readFileSync(path, 'utf8').includes(words);
}

function readTail(path: string): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}

/** What a terminal would show of a line: no colours, and of a progress bar what was drawn last. */
function asShown(line: string): string {
  const drawn = stripVTControlCharacters(line).split('\r');
  return drawn.map((part) => part.trim()).findLast((part) => part !== '') ?? '';
}
