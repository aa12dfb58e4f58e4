import { expect, it } from 'vitest';
import type { Outcome } from '../../src/core/effect.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { alertmanager, minute, second, start } from '../support/given.ts';
import { carrying, done, openWorkshop } from './workshop.ts';

it('Whoever was to be called for an alert that was over before their page got out is called when it fires again', async () => {
  let answers: Outcome = { status: 'retry', why: 'the network is away', mayHaveHappened: false };
  const called: (string | undefined)[] = [];
  const { carrier } = carrying(['page.pagerduty', 'page.mail'], ({ effect }) => {
    if (answers === done && 'person' in effect) called.push(effect.person);
    return answers;
  });
  const { engine, clock, quiet, advance } = await openWorkshop({ carriers: [carrier] });
  const say = async (alert: ReturnType<typeof resolved>) => {
    const to = { kind: 'incident', alias: 'checkout@shop/stable', open: true } as const;
    await engine.submit([{ to, at: clock.now(), by: alertmanager, intent: receive(alert) }]);
    await quiet();
  };
  await engine.start();
  await say(firing('5xx', 'P1'));
  await say(resolved('5xx'));
  await advance(30 * second);
  answers = done;
  await say(firing('5xx', 'P1'));
  await advance(minute);

  expect(clock.now() - start).toBeLessThan(15 * minute);
  expect(new Set(called)).toEqual(new Set(['ana']));
});
