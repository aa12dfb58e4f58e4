import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { healthRoutes } from '../../src/http/health.ts';

describe('/readyz', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('is fresh for whoever asks now and then, and takes ten looks a second, however many ask', async () => {
    let looks = 0;
    const unready = () => Promise.resolve(undefined);
    const notes = () => Promise.resolve([`look ${(looks += 1)}`]);
    const route = healthRoutes({ unready, notes }).find(({ path }) => path === '/readyz');
    const ask = async () => (await route?.handle({} as never))?.text;

    const atOnce = await Promise.all(Array.from({ length: 100 }, ask));
    // All but the first came while that one looked.
    expect(new Set(atOnce)).toEqual(new Set(['ready\nlook 1\n', 'ready\nlook 2\n']));
    for (let number = 3; number <= 10; number += 1) expect(await ask()).toBe(`ready\nlook ${number}\n`);
    await vi.advanceTimersByTimeAsync(999);
    expect(await ask()).toBe('ready\nlook 10\n');
    await vi.advanceTimersByTimeAsync(1);
    expect(await ask()).toBe('ready\nlook 11\n');
  });

  test('tells nobody what a look saw that was begun before they asked', async () => {
    const seen: ((notes: readonly string[]) => void)[] = [];
    const route = healthRoutes({
      unready: () => Promise.resolve(undefined),
      notes: () => new Promise((resolve) => seen.push(resolve)),
    }).find(({ path }) => path === '/readyz');
    const ask = async () => (await route?.handle({} as never))?.text;

    const probe = ask();
    await vi.advanceTimersByTimeAsync(0);
    const terminal = [ask(), ask()];
    seen[0]?.(['before']);
    expect(await probe).toBe('ready\nbefore\n');
    await vi.advanceTimersByTimeAsync(0);
    seen[1]?.(['after']);
    expect(await Promise.all(terminal)).toEqual(['ready\nafter\n', 'ready\nafter\n']);
  });

  test('tries again after a look that failed', async () => {
    const unready = vi.fn().mockRejectedValueOnce(new Error('store away')).mockResolvedValue('not yet');
    const route = healthRoutes({ unready, notes: () => Promise.resolve([]) }).find(
      ({ path }) => path === '/readyz',
    );
    await expect(route?.handle({} as never)).rejects.toThrow('store away');
    expect(await route?.handle({} as never)).toMatchObject({ status: 503, text: 'not yet\n' });
  });
});
