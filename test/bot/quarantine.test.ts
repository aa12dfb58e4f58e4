import { expect, it } from 'vitest';
import { quarantine } from '../../src/bot/quarantine.ts';
import type { Instant } from '../../src/core/time.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { StoreUnavailable, type InboxItem } from '../../src/store/store.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { hour, policies, start } from '../support/given.ts';

const slackUrl = 'https://slack.com/api/';

/** Quarantines an item while the engine can decide nothing; what is said instead, and what is left unsettled. */
async function whileDecidingFails(item: Pick<InboxItem, 'source' | 'body'>, failure: Error) {
  const { store, log } = await openWorkshop();
  const kept = { id: `${item.source}/1`, at: start, ...item };
  await store.receive(kept);
  const engine: Pick<Engine, 'submit' | 'poke'> = {
    submit: () => Promise.reject(failure),
    poke: () => undefined,
  };
  const failed = await quarantine({ store, engine, log, slackUrl }, policies, kept, 'no sense.', start).then(
    () => undefined,
    (error: unknown) => error,
  );
  const said = (await store.outboxDue(start, 10)).map(({ effect }) => effect);
  return { failed, said, unsettled: await store.unsettledInbox() };
}

it('shouts about an alert for which not even an incident can be opened', async () => {
  const { failed, said, unsettled } = await whileDecidingFails(
    { source: 'generic', body: '{' },
    new Error('a bug'),
  );
  expect({ failed, unsettled }).toEqual({ failed: undefined, unsettled: [] });
  expect(said).toEqual([
    {
      type: 'page.slack',
      person: undefined,
      to: 'C0EMERGENCY',
      text: 'Something from generic could not be understood, and nobody was paged for it: no sense. To see it: /lastgood received generic/1',
      lines: ['More of the kind may follow; within the hour only the log names it.'],
      severity: 'P1',
    },
  ]);
});

it('shouts once a source and hour, and lets those go first who are called', async () => {
  const { store, engine, log, clock } = await openWorkshop();
  const parts = { store, engine, log, slackUrl };
  const arrives = async (id: string, at: Instant): Promise<void> => {
    const [source = ''] = id.split('/');
    const item = { id, source, at, body: 'payload=%7B%7D' };
    await store.receive(item);
    await quarantine(parts, policies, item, 'The body is not JSON in UTF-8.', at);
  };
  for (const id of ['github/1', 'github/2', 'pagerduty/1']) await arrives(id, start);
  await arrives('github/3', start + hour);

  expect(await store.unsettledInbox()).toEqual([]);
  const said = await store.outboxDue(clock.now() + hour, 10);
  expect(said.map(({ priority }) => priority)).toEqual([2, 2, 2]);
  for (const [n, id] of ['github/1', 'pagerduty/1', 'github/3'].entries())
    expect(said[n]?.effect).toMatchObject({ text: expect.stringContaining(`received ${id}`) as unknown });
});

it('leaves it for later while the store takes nothing', async () => {
  const full = new StoreUnavailable('the disk is full');
  const { failed, said, unsettled } = await whileDecidingFails({ source: 'generic', body: '{' }, full);
  expect({ failed, said }).toEqual({ failed: full, said: [] });
  expect(unsettled).toHaveLength(1);
});

it.each([
  ['https://hooks.slack.com/commands/1', 1],
  ['https://evil.example/commands/1', 0],
])('answers a person at %s: %i times', async (url, times) => {
  const raw = new URLSearchParams({ command: '/rollback', response_url: url }).toString();
  const body = JSON.stringify({ contentType: 'application/x-www-form-urlencoded', raw });
  const { said } = await whileDecidingFails({ source: 'slack', body }, new Error('not asked'));
  expect(said.filter(({ type }) => type === 'page.slack')).toHaveLength(1);
  expect(said.filter(({ type }) => type === 'slack.reply')).toHaveLength(times);
});

it('answers nobody where the body cannot be read', async () => {
  const { said } = await whileDecidingFails({ source: 'slack', body: 'no JSON' }, new Error('not asked'));
  expect(said).toMatchObject([{ type: 'page.slack' }]);
});
