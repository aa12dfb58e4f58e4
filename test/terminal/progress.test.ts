import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withProgress } from '../../src/terminal/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written while something takes so long. */
async function writtenDuring(
  milliseconds: number,
  {
    isTTY = false,
    quiet = false,
    since = 0,
  }: { readonly isTTY?: boolean; readonly quiet?: boolean; readonly since?: number } = {},
): Promise<readonly string[]> {
  const written: string[] = [];
  const work = new Promise<string>((resolve) => setTimeout(() => resolve('its result'), milliseconds));
  const sink = { isTTY, write: (text: string) => written.push(text) };
  const shown = withProgress('Waiting for the bot', work, { quiet, sink, began: performance.now() - since });
  await vi.advanceTimersByTimeAsync(milliseconds);
  expect(await shown).toBe('its result');
  await vi.advanceTimersByTimeAsync(60_000);
  return written;
}

describe('Progress', () => {
  it('is not worth a word for two seconds', async () => {
    expect(await writtenDuring(1_900, { isTTY: true })).toEqual([]);
  });

  it('counts the seconds on a screen, and clears its line at the end', async () => {
    expect(await writtenDuring(4_500, { isTTY: true })).toEqual([
      '\r\u001B[2KWaiting for the bot … 2s',
      '\r\u001B[2KWaiting for the bot … 3s',
      '\r\u001B[2KWaiting for the bot … 4s',
      '\r\u001B[2K',
    ]);
  });

  it('is a plain line now and then in a log', async () => {
    expect(await writtenDuring(13_000)).toEqual([
      'Waiting for the bot (2s so far)\n',
      'Waiting for the bot (12s so far)\n',
    ]);
  });

  it('counts from the beginning, and keeps its beat, also when something was said in between', async () => {
    expect(await writtenDuring(3_500, { since: 9_500 })).toEqual(['Waiting for the bot (12s so far)\n']);
    expect(await writtenDuring(3_500, { since: 1_000, isTTY: true })).toHaveLength(4);
  });

  it('is left out where a program reads along, unless somebody watches', async () => {
    expect(await writtenDuring(13_000, { quiet: true })).toEqual([]);
    expect(await writtenDuring(2_500, { quiet: true, isTTY: true })).toHaveLength(2);
  });
});
