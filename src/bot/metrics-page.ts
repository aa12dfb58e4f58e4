import type { Operation } from '../core/operation/state.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { showStanding, type Standing } from '../metrics/show-standing.ts';
import type { Store } from '../store/store.ts';
import type { Audited } from './fitness.ts';
import type { Unready } from './readiness.ts';
import { within } from './within.ts';

/** Below the ten seconds that Prometheus waits: what the process knows without its store is told in any case. */
const patience: Milliseconds = 4_000;

/** What `/metrics` says: what was counted so far, and how things stand at this moment. */
export function metricsPage(parts: {
  readonly metrics: Metrics;
  readonly store: Pick<Store, 'outstanding' | 'listStreams'>;
  readonly unready: Unready;
  readonly audited: () => Audited | undefined;
  readonly now: () => Instant;
}): { readonly contentType: string; readonly text: () => Promise<string> } {
  const { metrics, store, now } = parts;

  async function look(): Promise<Standing> {
    const at = now();
    const operations = await store.listStreams('operation', { openOnly: true });
    return {
      at,
      outstanding: await store.outstanding(at),
      operations: operations.map(({ state }) => {
        const { plan, status } = state as Operation;
        return { kind: plan.kind, status };
      }),
    };
  }

  return {
    contentType: metrics.contentType,
    text: async () => {
      metrics.ready.set((await parts.unready()) === undefined ? 1 : 0);
      const audit = parts.audited();
      if (audit) {
        metrics.audit.set(audit.passed ? 1 : 0);
        metrics.auditAt.set(audit.at / 1_000);
      }
      // That it could not be read is told as a number, too: whoever scrapes sees it there.
      showStanding(metrics, await within(patience, look()).catch(() => undefined));
      return metrics.text();
    },
  };
}
