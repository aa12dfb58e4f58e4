import { expect, test } from 'vitest';
import { tellOutage } from '../../src/bot/own-outage.ts';
import type { Shout } from '../../src/bot/shout-once.ts';
import type { Outage } from '../../src/core/outage.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, minute, start } from '../support/given.ts';

/** Two incidents, and then nobody is there for so long; what people are told of it. */
async function away(minutes: number) {
  const before = await openWorkshop();
  await before.engine.start();
  for (const [service, severity] of [
    ['checkout', 'P0'],
    ['platform', 'P3'],
  ] as const) {
    const to = { kind: 'incident', alias: `${service}@shop/stable`, open: true } as const;
    const intent = receive(firing('5xx', severity, '', service));
    await before.engine.submit([{ to, at: start, by: alertmanager, intent }]);
  }
  await before.advance(minute);
  const after = await before.crash(minutes * minute);
  await after.engine.start();
  await after.quiet();
  const told: (readonly [string, Shout])[] = [];
  const shout = (id: string, words: Shout): Promise<void> => Promise.resolve(void told.push([id, words]));
  const tell = tellOutage({ store: after.store, shout });
  return {
    told,
    tell,
    store: after.store,
    outage: { from: start + minute, to: after.clock.now() } satisfies Outage,
  };
}

test('How long it was, and what was late because of it', async () => {
  const { told, tell, outage } = await away(10);
  await tell(outage);
  const from = new Date(start).toISOString().slice(11, 14);
  expect(told).toEqual([
    [
      `outage/${outage.from}`,
      {
        text: `Lastgood was down ${from}01:00–${from}11:00 UTC; 2 steps fired late.`,
        lines: [
          'INC-1: 2 steps fired late',
          'What was sent to it meanwhile comes when its sender tries again.',
        ],
      },
    ],
  ]);
});

test('What was late because of another outage is not told again', async () => {
  const { told, tell, outage } = await away(10);
  await tell({ from: outage.to, to: outage.to + minute });
  expect(told).toEqual([]);
});

test('An outage that nobody was to be called in is told when it was long', async () => {
  const { told, tell, outage } = await away(3);
  await tell(outage);
  expect(told).toEqual([]);
  await tell({ from: start, to: start + 5 * minute });
  expect(told[0]?.[1].text).toMatch(/^Lastgood was down [\d:]{8}–[\d:]{8} UTC; no step was due meanwhile\.$/);
});

test('What had been received and not read is told, however short it was', async () => {
  const { tell, told, store } = await away(3);
  for (const [id, at] of [
    ['generic/1', start - minute],
    ['github/1', start],
  ] as const)
    await store.receive({ id, source: id.split('/')[0] ?? '', at, body: '{}' });
  await tell({ from: start + 20 * minute, to: start + 23 * minute });
  const [, words] = told[0] ?? [];
  const since = new Date(start - minute).toISOString().slice(11, 19);
  expect(words?.text).toContain(
    ` UTC; 2 messages that had come in were still unread, the first since ${since}.`,
  );
});
