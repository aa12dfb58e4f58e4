import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tellPolicyMistakes } from '../../src/bot/policy-mistakes.ts';
import type { EffectOf } from '../../src/core/effect.ts';
import type { PolicyProblem } from '../../src/policies/problem.ts';
import { movableClock, type MovableClock } from '../../src/sandbox/movable-clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { policies, start } from '../support/given.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let root: string;
let store: Store;
let clock: MovableClock;
let stop: () => Promise<void>;
let said: () => Promise<readonly EffectOf<'page.slack'>[]>;
/** The files were read again, and this is wrong in them. */
let edited: (...problems: readonly PolicyProblem[]) => void;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-mistakes-'));
  store = await openSqliteStore({ path: join(root, 'lastgood.db') });
  clock = movableClock({ start, running: false });
  open();
  said = async () =>
    (await store.outboxDue(clock.now(), 100)).map(({ effect }) => effect as EffectOf<'page.slack'>);
});
afterEach(async () => {
  await stop();
  clock.stop();
  await store.close();
  await rm(root, { recursive: true });
});

function open(): void {
  let problems: readonly PolicyProblem[] = [];
  let read = (): void => undefined;
  const edits = {
    problems: () => problems,
    onRead: (listener: () => void) => {
      read = listener;
      return () => undefined;
    },
  };
  const engine = { poke: () => undefined };
  stop = tellPolicyMistakes({ store, engine, edits, policies: () => policies, clock, log: silent });
  edited = (...now) => {
    problems = now;
    read();
  };
}

function mistake(message: string, line = 7): PolicyProblem {
  return { file: 'policies/roster.yml', line, column: 3, path: 'people.ana', message, hint: undefined };
}

test('says file, line, what is wrong and what to do, in the emergency conversation', async () => {
  edited(mistake('expected text; found nothing'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(1));
  expect(await said()).toEqual([
    {
      type: 'page.slack',
      person: undefined,
      to: policies.notifications.conversations['emergency'],
      severity: 'P2',
      text: 'The edited policies are not in force, because of what is wrong in them. Those of before stay in force.',
      lines: [
        '• policies/roster.yml:7:3  people.ana  expected text; found nothing',
        'Correct it and save: it is read again within a minute. All that is wrong: /lastgood doctor',
      ],
    },
  ]);
});

test('says each mistake once, wherever in the file it has moved to', async () => {
  edited(mistake('one'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(1));
  edited(mistake('one', 9));
  edited(mistake('one', 9), mistake('another'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(2));
  expect((await said())[1]?.lines).toEqual([
    expect.stringContaining('another'),
    expect.stringContaining('Correct it'),
  ]);
});

test('says at the start that they are right again: with a mistake nothing starts', async () => {
  edited(mistake('one'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(1));
  await stop();
  open();
  await vi.waitFor(async () => expect(await said()).toHaveLength(2));
  expect((await said())[1]?.text).toContain('right again');
});

test('says when they are right again, and the same mistake anew after that', async () => {
  edited(mistake('one'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(1));
  await clock.advance(600_000, () => Promise.resolve());
  edited();
  await vi.waitFor(async () => expect(await said()).toHaveLength(2));
  expect((await said())[1]?.text).toBe(
    'The policies are right again, and in force. They had been wrong since 03:00 UTC.',
  );
  edited(mistake('one'));
  await vi.waitFor(async () => expect(await said()).toHaveLength(3));
});

test('shows a few of many', async () => {
  edited(...Array.from({ length: 40 }, (_, line) => mistake(`mistake ${line}`, line)));
  await vi.waitFor(async () => expect(await said()).toHaveLength(1));
  expect((await said())[0]?.lines).toHaveLength(7);
  expect((await said())[0]?.lines?.[5]).toBe('… and 35 more');
});
