import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryFile } from '../../src/bot/registry.ts';
import type { Registry } from '../../src/core/channel/registry.ts';
import { postmortemMarkdown } from '../../src/core/incident/postmortem.ts';
import type { Instant } from '../../src/core/time.ts';
import type { World } from '../../src/sandbox/world.ts';
import type { Transcript } from './transcript.ts';

/** What stays when a story is over: what is live, each incident's thread, and its post-mortem. */
export async function writeEnding(world: World, transcript: Transcript, began: Instant): Promise<void> {
  const registry = await readFile(join(world.settings.securityDir, registryFile), 'utf8');
  const { channels, history } = JSON.parse(registry) as Registry;
  const live = Object.entries(channels).map(([name, { version }]) => `- ${name}: ${version}`);
  const moved = history
    .filter(({ ts }) => ts * 1_000 >= began)
    .map(({ action, channel, from_version, to_version, reason, actor }) => {
      return `- ${channel} ${action} ${from_version} → ${to_version}, “${reason}”, ${actor}`;
    });
  transcript.section('At the end, the registry says', [...live, ...moved]);
  const { desk, store } = world.bot();
  const incidents = await store.listStreams('incident');
  for (const { id } of incidents.toSorted((a, b) => a.id.localeCompare(b.id))) {
    transcript.section(`The thread of ${id}`, transcript.thread(id));
    const told = await desk.story(id);
    if (!told) throw new Error(`${id} has no story`);
    const markdown = postmortemMarkdown(told.postmortem).replace(/^#/gm, '###');
    transcript.section(`The post-mortem of ${id}, as Markdown`, [markdown]);
  }
}
