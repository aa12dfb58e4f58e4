import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Operation } from '../../../src/core/operation/state.ts';
import { conversations } from '../../../src/sandbox/cast.ts';
import { examplePolicies } from '../../../src/sandbox/example-policies.ts';
import { movableClock } from '../../../src/sandbox/movable-clock.ts';
import type { SlackMessage, SlackPerson } from '../../../src/sandbox/neighbours/slack.ts';
import { startWorld, type World } from '../../../src/sandbox/world.ts';

/** The whole product in a world of its own, in which time stands still until it is moved. */
export interface StillWorld extends World {
  /** Resolves when everything that is due at this moment has been done. */
  readonly settle: () => Promise<void>;
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Types a command in #releases and waits for what comes of it. */
  readonly type: (userId: string, line: string) => Promise<void>;
  /** What this person was told last. */
  readonly told: (userId: string) => string;
  /** The cards in #releases, oldest first. */
  readonly cards: () => readonly SlackMessage[];
  readonly operation: (id: string) => Promise<Operation>;
  /** What the log said so far. */
  readonly log: () => string;
  /** Every row that ever came in, by its id; only while the bot is down. */
  readonly inbox: () => readonly string[];
}

export async function stillWorld(
  /** Changes to the example policies, by file. */
  policies: Readonly<Record<string, (text: string) => string>> = {},
  /** Who is in the Slack workspace besides the cast. */
  others: readonly SlackPerson[] = [],
  more: Partial<
    Pick<Parameters<typeof startWorld>[0], 'clock' | 'between' | 'mostInFlight' | 'logLevel'>
  > = {},
): Promise<StillWorld> {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-threat-'));
  const mine = join(root, 'policies-of-this-test');
  await cp(examplePolicies, mine, { recursive: true });
  for (const [file, change] of Object.entries(policies)) {
    const path = join(mine, file);
    const text = await readFile(path, 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error(`nothing was changed in ${file}`);
    await writeFile(path, changed);
  }
  const lines: string[] = [];
  const world = await startWorld({
    root: join(root, 'world'),
    policies: mine,
    others,
    clock: movableClock({ start: Date.parse('2026-11-22T03:00:00Z'), running: false }),
    port: 0,
    random: () => 0.5,
    logLevel: 'info',
    writeLog: (line) => lines.push(line),
    ...more,
  });
  const { slack, clock } = world;
  const releases = conversations.releases.id;

  async function settle(): Promise<void> {
    // What the clock has woken may begin only in the next turn of the event loop.
    for (let turn = 0; turn < 2; turn += 1) {
      await world.bot().quiet();
      await new Promise(setImmediate);
    }
  }

  return {
    ...world,
    settle,
    pass: (milliseconds) => clock.advance(milliseconds, settle),
    type: async (userId, line) => {
      const [command = '', text = ''] = /^(\S+)\s?([\s\S]*)$/.exec(line)?.slice(1) ?? [];
      await slack.as(userId).command(releases, command, text);
      await settle();
    },
    told: (userId) => {
      const last = slack.ephemerals(userId).at(-1);
      return last ? JSON.stringify(last.blocks) : '';
    },
    cards: () => slack.messages(releases).filter(({ thread_ts }) => thread_ts === undefined),
    operation: async (id) => (await world.bot().store.readStream(id))?.state as Operation,
    log: () => lines.join(''),
    inbox: () => {
      const db = new DatabaseSync(join(world.settings.dataDir, 'lastgood.db'));
      const rows = db.prepare('SELECT id FROM inbox ORDER BY pos').all() as { id: string }[];
      db.close();
      return rows.map(({ id }) => id);
    },
    close: async () => {
      await world.close();
      await rm(root, { recursive: true });
    },
  };
}
