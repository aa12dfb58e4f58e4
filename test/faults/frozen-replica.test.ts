import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, vi, type ExpectStatic } from 'vitest';
import type { Failpoint } from '../../src/failpoints/failpoints.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { buttonsOf } from '../support/shown-buttons.ts';
import { effectIds } from './support/evidence.ts';
import { launchFailing } from './support/failing.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { addressIn, startProcess, until, type Process } from './support/process.ts';

const releases = conversations.releases.id;
/** A replica that gives no sign for 15 s is dead to the others, who look every 3 s; a busy machine takes longer. */
const lease = 60_000;
vi.setConfig({ testTimeout: 180_000 });
const itsWordIsTooLate = 'another process has taken the effect over';

// Side by side, since most of it is waiting for a lease to run out.
describeOnPostgres('A replica is frozen', (server) => {
  test.concurrent(
    'having taken up a page: the other calls, and it says nothing more when it wakes',
    ({ expect }) =>
      withTwo('after store take', async ({ town, first }) => {
        const alert = { key: 'down', status: 'firing', title: 'Nobody can pay', service: 'checkout' };
        expect(await town.alert({ ...alert, severity: 'critical' })).toBe(202);
        await first.frozen();
        const { posted, pagerduty, mail, slack } = town;
        const lines = () => posted().filter(({ thread_ts }) => thread_ts !== undefined);
        await until('Ana is called', () => pagerduty.alerts().length + mail.mails().length === 2, lease);
        await until('the card says what happened', () => lines().length > 0, lease);

        first.wake();
        await until('it notices', () => first.log().includes(itsWordIsTooLate));
        expect(pagerduty.alerts()).toHaveLength(1);
        expect(mail.mails()).toHaveLength(1);
        expect(slack.messages('D0ANA')).toHaveLength(1);
        const ids = effectIds(posted());
        expect(ids).toEqual([...new Set(ids)]);
      }),
  );

  test.concurrent(
    'on the very point of dispatching: the other does not, and finds the run when it wakes',
    ({ expect }) =>
      withTwo('before step start', async ({ town, first, other }) => {
        await rollBack(town, expect);
        await first.frozen();
        await until('the other has asked GitHub', () => other.log().includes('it may show one late'), lease);
        expect(town.github.runs()).toEqual([]);

        first.wake();
        await expectDoneOnce(town, expect);
      }),
  );

  test.concurrent(
    'having dispatched: the other follows the run to its end, and nothing is begun again',
    ({ expect }) =>
      withTwo('after step start', async ({ town, first }) => {
        await rollBack(town, expect);
        await first.frozen();
        await until('it is done', () => isDone(town), lease);

        first.wake();
        await until('it notices', () => first.log().includes(itsWordIsTooLate));
        await expectDoneOnce(town, expect);
      }),
  );

  /** Two share a database; the first, to whom everybody talks, stops at a point as SIGSTOP stops it. */
  async function withTwo(
    point: Failpoint,
    tell: (two: {
      readonly town: Neighbourhood;
      readonly first: {
        readonly frozen: () => Promise<unknown>;
        readonly wake: () => void;
        readonly log: () => string;
      };
      readonly other: Process;
    }) => Promise<void>,
  ): Promise<void> {
    const town = await startNeighbourhood();
    const folder = await mkdtemp(join(tmpdir(), 'lastgood-frozen-'));
    const { url } = await server().lend();
    const environment = { ...town.environment, DATABASE_URL: reveal(url) };
    const { child, ended, log } = launchFailing(
      { ...environment, DATA_DIR: join(folder, 'first') },
      { at: [point], how: 'freeze' },
    );
    const said = { stderr: '' };
    child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
    let other: Process | undefined;
    try {
      town.movedTo(await until('the first is ready', () => addressIn(log())));
      other = await startProcess({ ...environment, DATA_DIR: join(folder, 'other') });
      const frozen = () => until(`it is frozen ${point}`, () => said.stderr.includes(`freeze at: ${point}`));
      await tell({ town, first: { frozen, wake: () => child.kill('SIGCONT'), log }, other });
    } finally {
      child.kill('SIGKILL');
      await ended;
      await other?.kill();
      await town.close();
      await rm(folder, { recursive: true });
    }
  }
});

async function rollBack({ slack }: Neighbourhood, expect: ExpectStatic): Promise<void> {
  await slack.as(people.ana.id).command(releases, '/rollback', 'stable 1.4.2 checkout answers 500');
  const approve = await until('there is a plan', () =>
    buttonsOf(slack).find(
      ({ click, inDirectMessage }) => click.actionId === 'operation.approve' && !inDirectMessage,
    ),
  );
  expect((await slack.as(people.ben.id).clickStale(approve.click)).status).toBe(200);
}

function isDone({ posted }: Neighbourhood): boolean {
  return posted().some(({ blocks }) => JSON.stringify(blocks).includes('*Done.*'));
}

async function expectDoneOnce(town: Neighbourhood, expect: ExpectStatic): Promise<void> {
  await until('it is done', () => isDone(town), lease);
  expect(town.github.runs().map(({ conclusion }) => conclusion)).toEqual(['success']);
  const deploys = town.sentry.releases().flatMap((release) => release.deploys);
  expect(deploys.map(({ name }) => name)).toEqual([expect.stringMatching(/^OP-1\.3-/)]);
}
