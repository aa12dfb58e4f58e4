import { schedule, type TaskOptions } from 'node-cron';
import type { Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../store/store.ts';
import { BrokenTrail } from '../trust/audit/place.ts';
import { oneOfAll } from './schedule.ts';
import type { SelfAudit } from './self-audit.ts';
import type { Anchors } from './anchors.ts';

const often: Milliseconds = 5 * 60_000;
const usual: TaskOptions = { timezone: 'Etc/UTC', noOverlap: true };

/**
 * Every five minutes a head is sealed over what was written meanwhile, by one of all replicas, and each of them looks at
 * that, and brings copies to where they are kept; at night one looks at everything. Returns how to stop it.
 */
export function startAuditJobs(parts: {
  readonly store: Pick<Store, 'advanceMark'>;
  readonly audit: SelfAudit;
  readonly anchors: Anchors;
  readonly log: Log;
}): () => Promise<void> {
  const { store, audit, anchors, log } = parts;
  const byOne = { ...usual, ...oneOfAll(store, often) };

  async function seal(): Promise<void> {
    try {
      await audit.seal();
    } catch (error) {
      // What is wrong is told by whoever looks next; and whoever stops seals in the end.
      if (error instanceof BrokenTrail || (error instanceof Error && error.name === 'AbortError')) return;
      log.error({ error }, 'no head could be sealed; it is tried again in five minutes');
    }
  }
  audit.start();
  const tasks = [
    schedule('*/5 * * * *', seal, { ...byOne, name: 'audit head' }),
    schedule('2-59/5 * * * *', () => audit.look('new'), { ...usual, name: 'audit of what is new' }),
    schedule('3-59/5 * * * *', () => anchors.bring('this machine'), { ...usual, name: 'own audit anchors' }),
    schedule('3-59/5 * * * *', () => anchors.bring('all replicas'), { ...byOne, name: 'audit anchors' }),
    schedule('41 3 * * *', () => audit.look('all'), {
      ...usual,
      ...oneOfAll(store),
      name: 'audit of everything',
    }),
  ];
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}
