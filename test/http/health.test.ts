import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { healthRoutes } from '../../src/http/health.ts';

describe('/readyz', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('takes one look a second, however many strangers ask', async () => {
    let looks = 0;
    const unready = () => Promise.resolve(undefined);
    const notes = () => Promise.resolve([`look ${(looks += 1)}`]);
    const route = healthRoutes({ unready, notes }).find(({ path }) => path === '/readyz');
    const ask = async () => (await route?.handle({} as never))?.text;

    const atOnce = await Promise.all(Array.from({ length: 100 }, ask));
    expect(new Set(atOnce)).toEqual(new Set(['ready\nlook 1\n']));
    await vi.advanceTimersByTimeAsync(999);
    expect(await ask()).toBe('ready\nlook 1\n');
    await vi.advanceTimersByTimeAsync(1);
    expect(await ask()).toBe('ready\nlook 2\n');
  });
});
