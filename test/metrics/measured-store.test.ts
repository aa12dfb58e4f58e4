import { describe, expect, it } from 'vitest';
import { measuredStore } from '../../src/metrics/measured-store.ts';
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { delivery } from '../contract/store-samples.ts';
import { carrying, openWorkshop, page, type Workshop } from '../engine/workshop.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, minute, second, start } from '../support/given.ts';

function someMetrics(): Metrics {
  return createMetrics({ sources: ['alertmanager'], build: { version: '0.0.0', store: 'sqlite' } });
}

/** The samples whose line begins like this, without what does not begin so. */
async function samples(metrics: Metrics, begin: string): Promise<readonly string[]> {
  return (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith(`lastgood_${begin}`) && !line.endsWith(' 0'));
}

/** A workshop whose store is measured, also after it has crashed. */
async function workshop(
  metrics: Metrics,
  options: Parameters<typeof openWorkshop>[0] = {},
): Promise<Workshop> {
  let now = (): number => start;
  const noteClock = (made: Workshop): Workshop => {
    now = made.clock.now;
    return { ...made, crash: async (away) => noteClock(await made.crash(away)) };
  };
  const through = (store: Store): Store => measuredStore(store, metrics, () => now());
  return noteClock(await openWorkshop({ ...options, through }));
}

const alert = {
  to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
  at: start,
  by: alertmanager,
  intent: receive(firing('5xx', 'P0', '', 'checkout')),
} as const;

describe('What is stored is counted:', () => {
  it('a page, by its pager and severity, with the time from its event to its hand-over', async () => {
    const metrics = someMetrics();
    const { carrier } = carrying(['page.slack', 'slack.card', 'slack.thread'], ({ effect, attempt }) =>
      effect.type === 'page.slack' && attempt === 1
        ? { status: 'retry', why: 'away', after: 40 * second, mayHaveHappened: false }
        : { status: 'done', receipt: { ts: '1.2', conversation: 'C1' } },
    );
    const { engine, advance } = await workshop(metrics, { carriers: [carrier] });
    await engine.start();
    await engine.submit([alert]);
    await advance(minute);

    expect(await samples(metrics, 'effect_attempts_total{effect="page.slack"')).toEqual([
      'lastgood_effect_attempts_total{effect="page.slack",outcome="done"} 1',
      'lastgood_effect_attempts_total{effect="page.slack",outcome="retried"} 1',
    ]);
    expect(await samples(metrics, 'page_seconds_sum')).toEqual([
      'lastgood_page_seconds_sum{pager="slack",severity="P0"} 40',
    ]);
    expect(await samples(metrics, 'page_seconds_bucket{le="30",pager="slack",severity="P0"}')).toEqual([]);
    expect(await samples(metrics, 'page_seconds_bucket{le="45",pager="slack",severity="P0"}')).toHaveLength(
      1,
    );
    expect(await samples(metrics, 'incidents_opened_total')).toEqual([
      'lastgood_incidents_opened_total{severity="P0"} 1',
    ]);
  });

  it('what belongs to no incident is no page', async () => {
    const metrics = someMetrics();
    const { carrier } = carrying(['page.slack'], () => ({ status: 'done', receipt: {} }));
    const { engine, enqueue, quiet } = await workshop(metrics, { carriers: [carrier] });
    await engine.start();
    await enqueue(page('the roster has a hole'));
    engine.poke();
    await quiet();
    expect(await samples(metrics, 'effect_attempts_total{effect="page.slack"')).toHaveLength(1);
    expect(await samples(metrics, 'page_seconds_count')).toEqual([]);
  });

  it('a rung, with how late it was called', async () => {
    const metrics = someMetrics();
    const before = await workshop(metrics);
    await before.engine.start();
    await before.engine.submit([alert]);
    await before.quiet();
    expect(await samples(metrics, 'wake_lateness_seconds_count')).toEqual([]);

    await before.advance(5 * minute);
    expect(await samples(metrics, 'wake_lateness_seconds_bucket{le="0.01",what="rung"}')).toHaveLength(1);

    const later = await before.crash(6 * minute);
    await later.engine.start();
    await later.quiet();
    // Rung 3 was due after ten minutes, and it is the eleventh.
    expect(await samples(metrics, 'wake_lateness_seconds_sum{what="rung"}')).toEqual([
      'lastgood_wake_lateness_seconds_sum{what="rung"} 60',
    ]);
  });

  it('what came in, and what came again, was not taken, or made no sense', async () => {
    const metrics = someMetrics();
    const { store } = await openWorkshop();
    const measured = measuredStore(store, metrics, () => start);
    const full = measuredStore(
      {
        ...store,
        receive: () => Promise.reject(new StoreUnavailable('full')),
        transact: () => Promise.reject(new StoreUnavailable('full')),
      },
      metrics,
      () => start,
    );
    for (const id of ['alertmanager/1', 'alertmanager/1', 'alertmanager/2'])
      await measured.receive(delivery(id));
    await expect(full.receive(delivery('alertmanager/3'))).rejects.toThrow('full');
    await expect(full.transact(() => Promise.resolve())).rejects.toThrow('full');
    await measured.transact((transaction) =>
      transaction.settleInbox('alertmanager/2', 'quarantined', 'no alert'),
    );
    // What was taken back has not happened.
    const takenBack = measured.transact(async (transaction) => {
      await transaction.settleInbox('alertmanager/1', 'quarantined', 'no alert');
      throw new Error('taken back');
    });
    await expect(takenBack).rejects.toThrow('taken back');

    expect(await samples(metrics, 'received_total')).toEqual([
      'lastgood_received_total{source="alertmanager",result="accepted"} 2',
      'lastgood_received_total{source="alertmanager",result="repeated"} 1',
      'lastgood_received_total{source="alertmanager",result="unavailable"} 1',
    ]);
    expect(await samples(metrics, 'quarantined_total')).toEqual([
      'lastgood_quarantined_total{source="alertmanager"} 1',
    ]);
    expect(await samples(metrics, 'store_failures_total')).toEqual([
      'lastgood_store_failures_total{work="receive"} 1',
      'lastgood_store_failures_total{work="transact"} 1',
    ]);
    expect(await samples(metrics, 'store_seconds_count{work="receive"}')).toEqual([
      'lastgood_store_seconds_count{work="receive"} 4',
    ]);
  });

  it('a work that is run again after a conflict has happened once', async () => {
    const metrics = someMetrics();
    const { store } = await openWorkshop();
    const twice: Store = {
      ...store,
      transact: async (work) => {
        await store
          .transact(async (transaction) => {
            await work(transaction);
            throw new Error('a conflict');
          })
          .catch(() => undefined);
        return store.transact(work);
      },
    };
    const measured = measuredStore(twice, metrics, () => start);
    await store.receive(delivery('alertmanager/1'));
    await measured.transact((transaction) => transaction.settleInbox('alertmanager/1', 'quarantined', 'no'));
    expect(await samples(metrics, 'quarantined_total')).toEqual([
      'lastgood_quarantined_total{source="alertmanager"} 1',
    ]);
  });
});
