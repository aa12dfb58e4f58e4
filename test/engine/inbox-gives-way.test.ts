import { expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { Milliseconds } from '../../src/core/time.ts';
import { createInbox, type InboxReader } from '../../src/engine/inbox.ts';
import type { InboxItem } from '../../src/store/store.ts';
import { start } from '../support/given.ts';
import { openWorkshop } from './workshop.ts';

/** What becomes of so many alerts that are read together, which takes so long, and of what came behind them. */
async function readAfter(alerts: number, take: Milliseconds) {
  const { store, log } = await openWorkshop();
  const happened: string[] = [];
  const pauses: Milliseconds[] = [];
  let time = start;
  /** Moves when somebody works; and whoever gives way, is woken at once. */
  const clock: Clock = {
    now: () => time,
    wakeAt: (at, wake) => {
      happened.push('a pause');
      pauses.push(at - time);
      setImmediate(wake);
      return () => undefined;
    },
  };
  const settle = async (items: readonly InboxItem[]): Promise<void> => {
    await store.transact(async (transaction) => {
      for (const { id } of items) await transaction.settleInbox(id, 'done');
    });
    time += take;
    happened.push(`${items.length} of ${items[0]?.source}`);
  };
  const reader = (source: string, more: Partial<InboxReader> = {}): InboxReader => ({
    source,
    inOrder: true,
    read: (item) => settle([item]),
    ...more,
  });
  const inbox = createInbox({
    store,
    clock,
    log,
    readers: [reader('alertmanager', { readTogether: settle }), reader('sentry')],
    quarantined: () => Promise.reject(new Error('nothing here is to be put into quarantine')),
  });
  const receive = (id: string, source: string) => inbox.receive({ id, source, at: start, body: 'alert' });
  for (let n = 0; n < alerts; n += 1) await receive(`alert ${n}`, 'alertmanager');
  await receive('behind them', 'sentry');

  await inbox.start();
  await inbox.working();

  return { happened, pause: pauses[0] ?? 0 };
}

it('gives way after a storm, before it goes on', async () => {
  const { happened } = await readAfter(30, 100);
  expect(happened).toEqual(['30 of alertmanager', 'a pause', '1 of sentry']);
});

it('gives way for longer when the storm took longer, yet never for as long as anybody minds', async () => {
  const [short, long, longest] = [
    await readAfter(30, 50),
    await readAfter(30, 100),
    await readAfter(30, 60_000),
  ];
  expect(short.pause).toBeGreaterThan(0);
  expect(long.pause).toBeGreaterThan(short.pause);
  expect(longest.pause).toBeGreaterThan(long.pause);
  expect(longest.pause).toBeLessThanOrEqual(500);
});

it.each([
  { alerts: 30, take: 0, why: 'nobody has waited' },
  { alerts: 5, take: 100, why: 'that is no storm' },
])('does not give way after $alerts alerts that took $take ms: $why', async ({ alerts, take }) => {
  const { happened } = await readAfter(alerts, take);
  expect(happened).toEqual([`${alerts} of alertmanager`, '1 of sentry']);
});
