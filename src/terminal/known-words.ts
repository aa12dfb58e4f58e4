import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { registryFile, registryKeys } from '../bot/registry.ts';
import { readMoves, registrySchema } from '../core/channel/registry.ts';
import { newestFirst } from '../core/version.ts';
import type { Environment } from '../env-file.ts';
import { channelWithHistory } from '../http/api/channel-shapes.ts';
import { channelList, incidentList, onCallList, operationList } from '../http/api/reads.ts';
import { botApi } from './bot-api.ts';
import { readBotAddress } from './bot-address.ts';
import { botSettings, policiesIn } from './bot-settings.ts';

/** Words that stand in the world and not in a verb's definition; each is looked up when it is needed. */
export interface KnownWords {
  /** `stable`, or in full where several apps have one. */
  readonly channels: () => Promise<readonly string[]>;
  /** Those that something may be promoted from, or to from this one. */
  readonly sources: () => Promise<readonly string[]>;
  readonly targets: (source: string) => Promise<readonly string[]>;
  readonly services: () => Promise<readonly string[]>;
  /** Those that are open. */
  readonly incidents: () => Promise<readonly string[]>;
  readonly operations: () => Promise<readonly { readonly id: string; readonly plan_hash: string }[]>;
  /** Those that were live on one channel, and are not on the other (or the same one); the newest first. */
  readonly versions: (was: string, isNot: string) => Promise<readonly string[]>;
}

/** Two in a row, and nobody who presses Tab waits longer than a second. */
const attemptWithin = 500;

/** From the running bot; from the files while it is away. What neither knows is not suggested. */
export function knownWords(env: Environment): KnownWords {
  async function ask<T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> {
    try {
      const bot = botApi(readBotAddress(env), { attemptWithin, pauses: [] });
      return shape.safeParse((await bot.read(`api/v1/${path}`)).body).data;
    } catch {
      // Not configured, not there, too slow: whoever presses Tab wants words and no explanations.
      return undefined;
    }
  }

  async function allChannels(): Promise<readonly NamedChannel[]> {
    const told = await ask('channels', channelList);
    if (told) return named(told.channels);
    const { apps } = (await policiesHere()).channels;
    return named(
      Object.entries(apps).flatMap(([app, { channels }]) =>
        Object.entries(channels).map(([channel, { promotion }]) => ({
          name: `${app}/${channel}`,
          promoted_from: (promotion?.from ?? []).map((source) => `${app}/${source}`),
        })),
      ),
    );
  }

  function policiesHere() {
    return policiesIn(botSettings(env, ['POLICIES_DIR']).policiesDir);
  }

  async function historyOf(word: string): Promise<History> {
    const found = (await allChannels()).find((channel) => isCalled(channel, word));
    if (!found) return { versions: [], live: undefined };
    const told = await ask(`channels/${found.name}`, channelWithHistory);
    if (!told) return historyInFile(found.name);
    // Where it is not certain what runs, going there once more may be what is wanted.
    const live = told.uncertain ? undefined : told.live?.version;
    return { versions: told.history.map(({ to }) => to), live };
  }

  async function historyInFile(name: string): Promise<History> {
    const { securityDir } = botSettings(env, ['SECURITY_DIR']);
    const registry = registrySchema.parse(
      JSON.parse(await readFile(join(securityDir, registryFile), 'utf8')),
    );
    const moves = readMoves(registry, registryKeys(await policiesHere()).now({ name }), Date.now());
    const versions = moves.map(({ version }) => version);
    return { versions, live: versions.at(-1) };
  }

  return {
    channels: async () => (await allChannels()).map(({ word }) => word),
    sources: async () => {
      const all = await allChannels();
      const from = new Set(all.flatMap(({ promotedFrom }) => promotedFrom));
      return all.filter(({ name }) => from.has(name)).map(({ word }) => word);
    },
    targets: async (source) => {
      const all = await allChannels();
      const name = all.find((channel) => isCalled(channel, source))?.name ?? source;
      return all.filter(({ promotedFrom }) => promotedFrom.includes(name)).map(({ word }) => word);
    },
    services: async () => {
      const told = await ask('oncall', onCallList);
      return told
        ? told.services.map(({ service }) => service)
        : Object.keys((await policiesHere()).services.services);
    },
    incidents: async () => {
      const told = await ask('incidents?open=true', incidentList);
      return told?.incidents.map(({ id }) => id) ?? [];
    },
    operations: async () => (await ask('operations?open=true', operationList))?.operations ?? [],
    versions: async (was, isNot) => {
      const [{ versions }, { live }] = await Promise.all([historyOf(was), historyOf(isNot)]);
      return newestFirst([...new Set(versions)].filter((version) => version !== live));
    },
  };
}

interface History {
  readonly versions: readonly string[];
  readonly live: string | undefined;
}

interface NamedChannel {
  /** `shop/stable` */
  readonly name: string;
  /** What one types. */
  readonly word: string;
  readonly promotedFrom: readonly string[];
}

function named(
  channels: readonly { readonly name: string; readonly promoted_from: readonly string[] }[],
): readonly NamedChannel[] {
  const short = channels.map(({ name }) => name.split('/')[1] ?? name);
  return channels.map(({ name, promoted_from: promotedFrom }, index) => {
    const word = short[index] ?? name;
    return {
      name,
      word: short.filter((each) => each === word).length === 1 ? word : name,
      promotedFrom,
    };
  });
}

function isCalled({ name, word }: NamedChannel, typed: string): boolean {
  return typed === name || typed === word;
}
