import { sayTime, type Instant } from '../core/time.ts';
import type { Sighting } from './sightings.ts';

export interface DemoPrinter {
  readonly beat: (headline: string) => void;
  readonly sightings: (sightings: readonly Sighting[]) => void;
  readonly end: (file: string) => void;
}

const column = 28;

/** Prints a story for a terminal: what happens, and below it what each person sees. Silent for `--json`. */
export function printer(options: { readonly silent: boolean; readonly now: () => Instant }): DemoPrinter {
  const { silent, now } = options;
  const print = (line: string): void => {
    if (!silent) console.log(line);
  };
  const bold = (text: string): string => (process.stdout.isTTY ? `\u001B[1m${text}\u001B[22m` : text);
  const dim = (text: string): string => (process.stdout.isTTY ? `\u001B[2m${text}\u001B[22m` : text);

  return {
    beat: (headline) => print(`\n${bold(`${sayTime(now())}  ${headline}`)}`),
    sightings: (sightings) => {
      for (const { where, text, buttons, changed, inThread } of sightings) {
        const place = `${inThread ? '  ↳ ' : ''}${where}${changed ? ' *' : ''}`.padEnd(column);
        const pressed = buttons.length === 0 ? '' : `  ${buttons.map((label) => `[${label}]`).join(' ')}`;
        const [first = '', ...more] = `${text}${pressed}`.split('\n');
        print(`  ${dim(place)}${first}`);
        for (const line of more) print(`  ${' '.repeat(column)}${line}`);
      }
    },
    end: (file) =>
      print(`\nThe post-mortem is in ${file}. (Times are UTC; * marks a message that was updated in place.)`),
  };
}
