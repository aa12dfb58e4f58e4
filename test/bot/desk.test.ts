import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { interpret } from '../../commands/interpret.ts';
import { createDesk, type Desk } from '../../src/bot/desk.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';
import { opened } from '../support/alerts.ts';
import { ana, policies } from '../support/given.ts';

let folder: string;
let store: Store;
let desk: Desk;
/** Which kinds of streams were read, in turn. */
let read: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-desk-'));
  store = await openSqliteStore({ path: join(folder, 'store.db') });
  read = [];
  const watched: Store = {
    ...store,
    listStreams: (kind, options) => {
      read.push(kind);
      return store.listStreams(kind, options);
    },
    firstOpen: (kind, limit) => {
      read.push(kind);
      return store.firstOpen(kind, limit);
    },
  };
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  const engine = {
    submit: nobody,
    answerOnly: nobody,
    poke: () => undefined,
    silent: () => [],
    start: nobody,
    working: () => undefined,
    stop: nobody,
  };
  desk = createDesk(watched, engine, () => policies, nobody);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

function understand(command: string, line: string) {
  const asker = { by: ana, at: noon, policies };
  return desk.understand(asker, (asking) => interpret(command, line, asking));
}

it.each([
  ['rollback', 'stable 1.4.2 slow', []],
  ['incident', 'ack INC-12', []],
  ['incident', 'ack', ['incident']],
  ['incident', 'list', ['incident']],
  ['operation', 'list', ['operation', 'freeze']],
  ['operation', 'show OP-7', []],
  ['operation', 'abort OP-7', []],
  ['channels', '', ['channel', 'freeze']],
  ['oncall', '', []],
  ['rollback', 'stable 1.4 slow', ['channel']],
  ['lastgood', 'help', ['freeze']],
])('/%s %s: only what it looks at is read', async (command, line, kinds) => {
  await understand(command, line);
  expect(read).toEqual(kinds);
});

it('what it looks at is what is stored at this moment', async () => {
  expect(await understand('incident', 'ack')).toMatchObject({ answer: { title: 'No incident is open' } });
  const { state } = opened('P0');
  await writeStream(store, { ...move('INC-1', 0, 1, { alias: 'checkout@shop/stable' }), state });
  expect(await understand('incident', 'ack')).toMatchObject({ kind: 'intent', to: { id: 'INC-1' } });
});

it('of very many open incidents only those are read that somebody can look at: the worst, and of those the oldest', async () => {
  const { state } = opened('P0');
  await store.transact(async (transaction) => {
    for (let n = 1; n <= 250; n += 1) {
      const severity = n % 5 === 0 ? 'P1' : 'P3';
      const write = move(`INC-${n}`, 0, 1, { alias: `s${n}@shop/stable`, rank: severity });
      await transaction.write({
        ...write,
        state: { ...state, id: `INC-${n}`, severity, openedAt: noon + n },
      });
    }
  });
  const asked = await understand('incident', 'list');
  if (asked.kind !== 'answer') throw new Error('it is not answered at once');
  const { title, lines } = asked.answer;
  expect(title).toBe('250 incidents are open');
  expect(lines).toHaveLength(101);
  expect(lines.slice(0, 2)).toEqual([
    expect.stringMatching(/^INC-5 +P1/),
    expect.stringMatching(/^INC-10 +P1/),
  ]);
  expect(lines[50]).toMatch(/^INC-1 +P3/);
  expect(lines.at(-1)).toBe('… and 150 more, less bad or newer than these');

  const which = await understand('incident', 'ack');
  expect(which).toMatchObject({ kind: 'answer', answer: { title: 'Which incident?' } });
});
