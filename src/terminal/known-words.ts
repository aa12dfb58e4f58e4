import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { registryFile, registryKey } from '../bot/registry.ts';
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
  readonly services: () => Promise<readonly string[]>;
  /** Those that are open. */
  readonly incidents: () => Promise<readonly string[]>;
  readonly operations: () => Promise<readonly { readonly id: string; readonly plan_hash: string }[]>;
  /** Of the channels among these words, the newest first. */
  readonly versions: (typed: readonly string[]) => Promise<readonly string[]>;
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

  async function fullNames(): Promise<readonly string[]> {
    const told = await ask('channels', channelList);
    if (told) return told.channels.map(({ name }) => name);
    const { apps } = (await policiesHere()).channels;
    return Object.entries(apps).flatMap(([app, { channels }]) =>
      Object.keys(channels).map((channel) => `${app}/${channel}`),
    );
  }

  function policiesHere() {
    return policiesIn(botSettings(env, ['POLICIES_DIR']).policiesDir);
  }

  async function versionsInFile(name: string): Promise<readonly string[]> {
    const { securityDir } = botSettings(env, ['SECURITY_DIR']);
    const registry = registrySchema.parse(
      JSON.parse(await readFile(join(securityDir, registryFile), 'utf8')),
    );
    return readMoves(registry, registryKey(await policiesHere())({ name }), Date.now()).map(
      ({ version }) => version,
    );
  }

  return {
    channels: async () => {
      const full = await fullNames();
      const short = full.map((name) => name.split('/')[1] ?? name);
      return full.map((name, index) => {
        const word = short[index] ?? name;
        return short.filter((each) => each === word).length === 1 ? word : name;
      });
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
    versions: async (typed) => {
      const names = (await fullNames()).filter((name) =>
        typed.some((word) => name === word || name.endsWith(`/${word}`)),
      );
      const found = await Promise.all(
        names.map(async (name) => {
          const told = await ask(`channels/${name}`, channelWithHistory);
          return told ? told.history.map(({ to }) => to) : versionsInFile(name);
        }),
      );
      return newestFirst([...new Set(found.flat())]);
    },
  };
}
