import { expect, it } from 'vitest';
import { sayReceived } from '../../src/bot/received.ts';
import type { InboxItem } from '../../src/store/store.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { start } from '../support/given.ts';

async function shown(item: Pick<InboxItem, 'source'> & { readonly body: unknown }, note = 'no sense.') {
  const { store } = await openWorkshop();
  const { source, body } = item;
  const kept = { id: `${source}/1`, source, at: start, body: JSON.stringify(body) };
  await store.transact((all) => all.receiveSettled(kept, note));
  return sayReceived(store, kept.id);
}

it('shows a webhook word for word, and what was wrong with it', async () => {
  const raw = '{"key": "<!here>"\r\n, broken';
  expect(
    await shown({ source: 'sentry', body: { headers: { 'sentry-hook-resource': 'issue' }, raw } }),
  ).toEqual({
    tone: 'info',
    title: 'sentry/1, received 2026-11-22 03:00 UTC (word for word)',
    lines: ['no sense.', '', 'sentry-hook-resource: issue', '{"key": "<!here>"', ', broken'],
  });
});

it('shows the beginning of a long one, in lines that fit a message', async () => {
  const { lines } = await shown({ source: 'generic', body: { headers: {}, raw: '🙂'.repeat(100_000) } });
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(1_800);
  expect(lines.join('').length).toBeLessThan(17_000);
  expect(lines.at(-1)).toBe('… and 184000 more characters');
});

it('ends it with a whole character', async () => {
  const { lines } = await shown({ source: 'generic', body: { headers: {}, raw: `x${'🙂'.repeat(8_000)}` } });
  expect(lines.join('')).not.toMatch(/\p{Cs}/u);
  expect(lines.at(-1)).toBe('… and 2 more characters');
});

it('shows of what was typed in Slack who said what, and no key that came with it', async () => {
  const raw = new URLSearchParams({
    command: '/rollback',
    text: 'stable last-good slow',
    user_id: 'U0ANA',
    token: 'canary-token',
    response_url: 'https://hooks.slack.com/commands/canary',
    trigger_id: 'canary-trigger',
  }).toString();
  const { lines } = await shown({
    source: 'slack',
    body: { contentType: 'application/x-www-form-urlencoded', raw },
  });
  expect(lines).toEqual([
    'no sense.',
    '',
    'command: /rollback',
    'text: stable last-good slow',
    'user_id: U0ANA',
  ]);
});

it.each(['generic/2', 'api/1'])('has nothing under %s', async (id) => {
  const { store } = await openWorkshop();
  const answered = { id: 'api/1', source: 'api', at: start, body: '{}' };
  await store.transact((all) => all.receiveSettled(answered, '{"answer": "canary"}'));
  const told = await sayReceived(store, id);
  expect(told).toMatchObject({ tone: 'refused', title: `Nothing is kept as ${id}` });
  expect(JSON.stringify(told)).not.toContain('canary');
});
