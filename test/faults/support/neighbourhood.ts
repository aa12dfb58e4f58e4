import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examplePolicies } from '../../../src/sandbox/example-policies.ts';
import {
  startNeighbourhood as startNeighbours,
  type Neighbourhood as Neighbours,
} from '../../../src/sandbox/neighbourhood.ts';
import type { SlackMessage } from '../../../src/sandbox/neighbours/slack.ts';
import { seedFolders, type Folders } from '../../../src/sandbox/seed.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { startProcess, type Environment, type Process } from './process.ts';

/** Everything that the real process needs around it: emulated neighbours, a clock that runs, folders of its own. */
export interface Neighbourhood extends Neighbours {
  readonly folders: Folders;
  /** Starts the process; only one at a time. */
  readonly start: (more?: Environment, limits?: string) => Promise<Process>;
  /** A webhook's answer; undefined when there was none. */
  readonly alert: (alert: object) => Promise<number | undefined>;
  /** Where the process listens at the moment. */
  readonly url: () => string;
  /** Whoever was started by other means listens there from now on. */
  readonly movedTo: (url: string) => void;
  /** Every message that Lastgood posted, wherever it is. */
  readonly posted: () => readonly SlackMessage[];
  /** Reads what the process left behind when it was gone. */
  readonly readStore: <T>(read: (store: Store) => Promise<T>) => Promise<T>;
}

export async function startNeighbourhood(
  /** Changes to the example policies, by file. */
  policies: Readonly<Record<string, (text: string) => string>> = {},
): Promise<Neighbourhood> {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-fault-'));
  const now = (): Date => new Date();
  const running: { process: Process | undefined; url: string | undefined } = {
    process: undefined,
    url: undefined,
  };
  const neighbours = await startNeighbours({
    now,
    requestUrl: () => running.url && `${running.url}/slack/events`,
  });
  const { slack, github, shop, webhookToken } = neighbours;
  github.setRunBehaviour({ ends: 'success', after: { polls: 1 } });
  const folders = await seedFolders(root, examplePolicies, shop.url, Date.now());
  for (const [file, change] of Object.entries({ 'channels.yml': soon, ...policies })) {
    const path = join(folders.policiesDir, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  }

  const environment: Environment = {
    PORT: '0',
    DATA_DIR: folders.dataDir,
    POLICIES_DIR: folders.policiesDir,
    SECURITY_DIR: folders.securityDir,
    ...neighbours.environment,
  };
  const url = (): string => {
    if (running.url === undefined) throw new Error('the process was never started');
    return running.url;
  };

  return {
    ...neighbours,
    folders,
    environment,
    url,
    movedTo: (to) => {
      running.url = to;
    },
    start: async (more = {}, limits = '') => {
      running.process = await startProcess({ ...environment, ...more }, limits);
      running.url = running.process.url;
      return running.process;
    },
    alert: async (alert) => {
      try {
        const response = await fetch(`${url()}/webhooks/generic`, {
          method: 'POST',
          headers: { authorization: `Bearer ${webhookToken}`, 'content-type': 'application/json' },
          body: JSON.stringify(alert),
        });
        await response.arrayBuffer();
        return response.status;
      } catch {
        // Killed before it answered: whoever sent it does not know what became of it.
        return undefined;
      }
    },
    posted: () =>
      slack
        .conversations()
        .flatMap(({ id }) => slack.messages(id).filter(({ bot_id }) => bot_id !== undefined)),
    readStore: async (read) => {
      const store = await openSqliteStore({ path: join(folders.dataDir, 'lastgood.db') });
      try {
        return await read(store);
      } finally {
        await store.close();
      }
    },
    close: async () => {
      await running.process?.kill();
      await neighbours.close();
      await rm(root, { recursive: true });
    },
  };
}

/** One good answer of the shop is enough here. */
function soon(channels: string): string {
  return channels.replaceAll('until_stable: 3', 'until_stable: 1');
}
