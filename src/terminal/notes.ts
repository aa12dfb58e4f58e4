import type { Instant } from '../core/time.ts';
import { asTyped, inLocalTime } from './in-terminal.ts';
import { nothingCameIn } from '../slack/request-tally.ts';
import { printable } from './print.ts';

export interface NotesWatch {
  /** What the bot said last of what does not work. */
  readonly latest: () => readonly string[];
  /** Asks the bot again: the lines in which it says something new, for stderr. */
  readonly news: () => Promise<readonly string[]>;
}

/**
 * Whoever works in a terminal may do so because something else is dead, and sees no card: what does not work is told
 * there once, and again only when something changes besides numbers.
 * @param read undefined when it could not be read, which changes nothing
 */
export function watchNotes(read: () => Promise<readonly string[] | undefined>): NotesWatch {
  let latest: readonly string[] = [];
  const told = new Set<string>();
  return {
    latest: () => latest,
    news: async () => {
      const notes = (await read())?.filter(isTrouble);
      if (!notes) return [];
      const hadSome = latest.length > 0;
      latest = notes;
      if (notes.length === 0) {
        told.clear();
        return hadSome ? ['! What did not work works again.'] : [];
      }
      const fresh = notes.filter((note) => !told.has(withoutNumbers(note)));
      for (const note of fresh) told.add(withoutNumbers(note));
      return fresh.map((note) => sayNote(note, Date.now()));
    },
  };
}

export function sayNote(note: string, now: Instant): string {
  return `! ${printable(asTyped(inLocalTime(note, now)))}`;
}

/** Neither what is well nor what may well be so: both are for the doctor. */
function isTrouble(note: string): boolean {
  return !note.startsWith('ok: ') && !note.startsWith(nothingCameIn);
}

/** `the first for 1m 28s` says nothing new a second later. */
function withoutNumbers(note: string): string {
  return note.replace(/\d+[a-z]*(?: \d+[a-z]+)*/g, '#');
}
