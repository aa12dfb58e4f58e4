import { nearest } from '../core/nearest.ts';
import { exitCode, Stop } from './exit.ts';

/** Usage: there is no such source, person, role or command; the one that was probably meant, and all there are. */
export function noSuch(noun: string, given: string, known: readonly string[]): Stop {
  const near = nearest(given, known);
  const meant = near === undefined ? '' : ` Did you mean ${near}?`;
  return new Stop(
    exitCode.usage,
    `There is no ${noun} “${given.slice(0, 60)}”.${meant}\nKnown: ${known.join(', ')}.`,
  );
}
