import { z } from 'zod';
import type { Store } from '../store/store.ts';
import { metricAlertId } from '../trust/metric-alert.ts';
import { sha256Hex } from '../trust/sha256.ts';

const mark = 'sentry-last-said';
/** Of so many metric alerts, the last ones heard of. */
const remembered = 200;

const lastSaid = z.array(z.tuple([z.string(), z.string()]));

/**
 * What Sentry said last about each of its metric alerts. It may say the same words again, and mean it: critical,
 * warning, critical. The same twice in a row is a delivery that came again, or a replay: nothing in it says when it was
 * sent.
 */
export function rememberLastSaid(store: Pick<Store, 'readMark' | 'writeMark'>): {
  readonly isRepeated: (body: Buffer) => Promise<boolean>;
  /** Before it is decided on: should nothing come of `remember`, the words of before are not the last ones any more. */
  readonly forget: (body: Buffer) => Promise<void>;
  /** Only after it has been decided on: what was cut short in between is not a repetition. */
  readonly remember: (body: Buffer) => Promise<void>;
} {
  const read = async (): Promise<z.infer<typeof lastSaid>> =>
    lastSaid.parse(JSON.parse((await store.readMark(mark)) ?? '[]'));
  return {
    isRepeated: async (body) => {
      const id = metricAlertId(body);
      if (id === undefined) return false;
      const words = sha256Hex(body);
      return (await read()).some(([about, said]) => about === id && said === words);
    },
    forget: async (body) => {
      const id = metricAlertId(body);
      if (id === undefined) return;
      const all = await read();
      const others = all.filter(([about]) => about !== id);
      if (others.length < all.length) await store.writeMark(mark, JSON.stringify(others));
    },
    remember: async (body) => {
      const id = metricAlertId(body);
      if (id === undefined) return;
      const others = (await read()).filter(([about]) => about !== id);
      await store.writeMark(mark, JSON.stringify([...others.slice(1 - remembered), [id, sha256Hex(body)]]));
    },
  };
}
