import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { registryFile } from '../../src/bot/registry.ts';
import { registrySchema } from '../../src/core/channel/registry.ts';
import { failpoints, type Failpoint } from '../../src/failpoints/failpoints.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { expectWell } from './support/expect-well.ts';
import { keepRunning, type Plan } from './support/failing.ts';
import { playMainJob, quickPolicies, type Stage } from './support/main-job.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import type { Environment } from './support/process.ts';

/** `SWEEP=full`: each failpoint alone, at each of its first crossings, on both stores; about half an hour. */
const isFull = process.env['SWEEP'] === 'full';
const alone = isFull
  ? failpoints.flatMap((point) => [1, 2, 3].map((crossing) => [point, crossing] as const))
  : [];
vi.setConfig({ testTimeout: 600_000 });

/** What a bot keeps everything in, and how one gets at it when the bot is dead. */
interface Kept {
  readonly environment: Environment;
  readonly read: <T>(read: (store: Store) => Promise<T>) => Promise<T>;
  /** The dead one was dead for long. */
  readonly bury: () => Promise<void>;
  readonly giveBack: () => void;
}

const sqlite = (town: Neighbourhood): Promise<Kept> =>
  Promise.resolve({
    environment: {},
    read: town.readStore,
    bury: () => Promise.resolve(),
    giveBack: () => undefined,
  });

test('nothing that is started knows of them', async () => {
  const files = (await readdir('src', { recursive: true })).filter((file) => file.endsWith('.ts'));
  const outside = files.filter((file) => !/^(failpoints|simulator)\//.test(file));
  const texts = await Promise.all(outside.map((file) => readFile(join('src', file), 'utf8')));
  expect(outside.filter((_, index) => /(from|import\()\s*'[^']*failpoints/.test(texts[index] ?? ''))).toEqual(
    [],
  );
});

describe('kill -9, on SQLite', () => {
  test.skipIf(isFull)('at every failpoint, one after another, in the same night: it ends well', () =>
    dieEverywhere(sqlite, failpoints),
  );
  test.for(alone)('%s, %i: it ends well', async ([point, crossing], { skip }) => {
    const deaths = await dieOnce(sqlite, point, crossing);
    skip(deaths.length === 0, 'it does not happen so often in a night');
  });
});

describeOnPostgres('kill -9, on PostgreSQL', (server) => {
  async function postgres(): Promise<Kept> {
    const { url, database, giveBack } = await server().lend();
    return {
      environment: { DATABASE_URL: reveal(url) },
      read: async (read) => {
        const store = await openPostgresStore({ url });
        try {
          return await read(store);
        } finally {
          await store.close();
        }
      },
      bury: async () => {
        await server().query('DELETE FROM lastgood.replica', database);
      },
      giveBack,
    };
  }

  test.skipIf(isFull)('at every third failpoint, in the same night: it ends well', () =>
    dieEverywhere(
      postgres,
      failpoints.filter((_, index) => index % 3 === 0),
    ),
  );
  test.for(alone)('%s, %i: it ends well', async ([point, crossing], { skip }) => {
    const deaths = await dieOnce(postgres, point, crossing);
    skip(deaths.length === 0, 'it does not happen so often in a night');
  });
});

/** Whoever is started dies at the first of them at which none has died before. */
async function dieEverywhere(
  keep: (town: Neighbourhood) => Promise<Kept>,
  points: readonly Failpoint[],
): Promise<void> {
  let stage: Stage = 'alert';
  const isLeft = (deaths: readonly Failpoint[]) => (point: Failpoint) => !deaths.includes(point);
  await play({
    keep,
    plan: (deaths) => ({ at: points.filter(isLeft(deaths)).filter((point) => isForNow(point, stage)) }),
    watch: (next, renew) => {
      stage = next;
      if (stage === 'verify') renew();
    },
    left: (deaths) => points.filter(isLeft(deaths)),
  });
}

/** Between the mark and the dispatch nobody can know, and it takes a while until that is certain; see `SWEEP=full`. */
function isForNow(point: Failpoint, stage: Stage): boolean {
  return stage === 'verify' || !['before step start', 'before carry step.run'].includes(point);
}

async function dieOnce(
  keep: (town: Neighbourhood) => Promise<Kept>,
  point: Failpoint,
  crossing: number,
): Promise<readonly Failpoint[]> {
  return play({
    keep,
    plan: (deaths) => (deaths.length === 0 ? { at: [point], crossing } : { at: [] }),
    left: (deaths) => (deaths.length === 0 && crossing === 1 ? [point] : []),
  });
}

async function play(night: {
  readonly keep: (town: Neighbourhood) => Promise<Kept>;
  readonly plan: (deaths: readonly Failpoint[]) => Plan;
  readonly watch?: (stage: Stage, renew: () => void) => void;
  /** Where it is to die still. */
  readonly left: (deaths: readonly Failpoint[]) => readonly Failpoint[];
}): Promise<readonly Failpoint[]> {
  const { plan, watch, left } = night;
  const town = await startNeighbourhood({ ...quickPolicies, 'channels.yml': soonUnknown });
  const { environment, read, bury, giveBack } = await night.keep(town);
  const keeper = keepRunning({
    town,
    environment: { ...town.environment, ...environment },
    plan,
    onDeath: async () => {
      await expectRegistry(town);
      await bury();
    },
  });
  try {
    const story = playMainJob(town, (stage) => watch?.(stage, keeper.renew));
    const played = await Promise.race([story, keeper.broken]);
    const everywhere = vi.waitFor(() => expect(left(keeper.deaths)).toEqual([]), { timeout: 120_000 });
    await Promise.race([everywhere, keeper.broken]);
    expect(await keeper.terminate()).toMatchObject({ code: 0 });
    await read((store) => expectWell(town, store, played));
    await expectRegistry(town);
    // What the dead left beside it was swept up by those who came after them.
    expect((await readdir(town.folders.securityDir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    return keeper.deaths;
  } finally {
    await keeper.kill();
    await town.close();
    giveBack();
  }
}

/** Whoever reads it at any moment, finds a whole file. */
async function expectRegistry({ folders }: Neighbourhood): Promise<void> {
  const text = await readFile(join(folders.securityDir, registryFile), 'utf8');
  expect(() => registrySchema.parse(JSON.parse(text))).not.toThrow();
}

/** Whoever shows no run within a minute shows none. */
function soonUnknown(channels: string): string {
  return channels
    .replaceAll('until_stable: 3', 'until_stable: 1')
    .replaceAll('deadline: 10m', 'deadline: 60s')
    .replaceAll('target: 2m', 'target: 30s');
}
