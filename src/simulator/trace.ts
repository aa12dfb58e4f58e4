import { createHash } from 'node:crypto';
import type { Milliseconds } from '../core/time.ts';

/** What happened, in order. Two runs with the same hash were the same to the letter. */
export interface Trace {
  readonly note: (text: string) => void;
  readonly steps: () => number;
  readonly hash: () => string;
  /** The last lines, the newest at the end. */
  readonly last: () => readonly string[];
}

const kept = 20_000;

export function createTrace(now: () => Milliseconds): Trace {
  const hash = createHash('sha256');
  const lines: string[] = [];
  let steps = 0;
  return {
    note: (text) => {
      const line = `${sayTime(now())} ${text}`;
      hash.update(`${line}\n`);
      steps += 1;
      lines.push(line);
      if (lines.length > 2 * kept) lines.splice(0, kept);
    },
    steps: () => steps,
    hash: () => hash.copy().digest('hex').slice(0, 16),
    last: () => lines.slice(-kept),
  };
}

/** `01:02:03.004` since the beginning. */
export function sayTime(time: Milliseconds): string {
  const of = (unit: number, size: number, digits = 2): string =>
    String(Math.floor(time / unit) % size).padStart(digits, '0');
  return `${of(3_600_000, 1e6)}:${of(60_000, 60)}:${of(1_000, 60)}.${of(1, 1_000, 3)}`;
}
