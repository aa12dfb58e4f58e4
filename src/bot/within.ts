import type { Milliseconds } from '../core/time.ts';

/** What the work answers, or a rejection when it takes longer than that; the work itself is not stopped. */
export async function within<T>(length: Milliseconds, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${length} ms`)), length);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
