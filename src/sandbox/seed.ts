import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Registry } from '../core/channel/registry.ts';
import type { Instant } from '../core/time.ts';
import { registryFile } from '../bot/registry.ts';
import { releaseBotApp } from './cast.ts';

export interface Folders {
  readonly dataDir: string;
  readonly policiesDir: string;
  readonly securityDir: string;
}

/**
 * Lays out the folders of a new world below `root`: the example policies, pointed at the sandbox's shop instead of
 * the real one, less patient, and with the release bot listed; and a registry with a history. What an earlier world
 * left there goes. Here those people are real, so that the files are not the example's any more.
 */
export async function seedFolders(
  root: string,
  policies: string,
  shopUrl: string,
  now: Instant,
): Promise<Folders> {
  const folders = {
    dataDir: join(root, 'store'),
    policiesDir: join(root, 'policies'),
    securityDir: join(root, 'security'),
  };
  for (const folder of Object.values(folders)) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await cp(policies, folders.policiesDir, { recursive: true });
  for (const file of await readdir(folders.policiesDir)) {
    const path = join(folders.policiesDir, file);
    const text = await readFile(path, 'utf8');
    const local = text
      .replaceAll('https://canary.shop.example', shopUrl)
      .replaceAll('https://shop.example', shopUrl)
      .replaceAll('every: 5s', 'every: 1s')
      .replace('release_bots: []', `release_bots: [${releaseBotApp.appId}]`);
    await writeFile(path, `${local}# Written for the sandbox.\n`);
  }
  await writeFile(join(folders.securityDir, registryFile), `${JSON.stringify(registryAt(now), null, 2)}\n`);
  return folders;
}

const minute = 60;
const day = 24 * 60 * minute;

/** 1.4.2 was well for nine days; 1.5.0 went out twelve minutes ago. */
function registryAt(now: Instant): Registry {
  const seconds = Math.floor(now / 1_000);
  const rows = [
    { ago: 30 * day, channel: 'stable', from: '', to: '1.4.1', reason: 'monthly release' },
    { ago: 9 * day, channel: 'stable', from: '1.4.1', to: '1.4.2', reason: 'faster checkout' },
    { ago: 2 * day, channel: 'canary', from: '', to: '1.6.0-rc.1', reason: 'first candidate' },
    { ago: 12 * minute, channel: 'stable', from: '1.4.2', to: '1.5.0', reason: 'gift cards' },
  ];
  return {
    version: 1,
    updated_at: seconds - 12 * minute,
    channels: {
      canary: { version: '1.6.0-rc.1', rollout_percent: 5, updated_at: seconds - 2 * day },
      stable: { version: '1.5.0', rollout_percent: 100, updated_at: seconds - 12 * minute },
    },
    history: rows.map(({ ago, channel, from, to, reason }) => ({
      ts: seconds - ago,
      action: 'set',
      channel,
      from_version: from,
      to_version: to,
      reason,
      actor: 'relbot',
    })),
  };
}
