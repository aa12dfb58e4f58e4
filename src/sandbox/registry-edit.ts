import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryFile } from '../bot/registry.ts';
import type { Registry } from '../core/channel/registry.ts';
import type { World } from './world.ts';

/**
 * A colleague, or CI, writes a version into the registry file; Lastgood looks at it as it does every few minutes.
 * @param channel its key in the file: `stable`
 */
export async function editRegistry(world: World, channel: string, version: string): Promise<void> {
  const path = join(world.settings.securityDir, registryFile);
  const registry = JSON.parse(await readFile(path, 'utf8')) as Registry;
  const row = registry.channels[channel];
  if (!row) throw new Error(`${channel} is not in the registry file`);
  const channels = { ...registry.channels, [channel]: { ...row, version } };
  await writeFile(path, JSON.stringify({ ...registry, channels }, null, 4));
  await world.bot().checkRegistry();
}
