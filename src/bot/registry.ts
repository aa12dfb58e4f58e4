import type { Actor } from '../core/actor.ts';
import {
  believed,
  emptyRegistry,
  readMoves,
  registrySchema,
  type Registry,
  type RegistryKeys,
} from '../core/channel/registry.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import type { DocumentRows } from '../store/document-rows.ts';
import { openDocument, type Document } from '../store/documents.ts';
import type { Store } from '../store/store.ts';

/** The file in `SECURITY_DIR` in which people and CI read what is live. */
export const registryFile = 'release_channels.json';

/**
 * @param known whether the store knows channels: then a file that cannot be read keeps nobody from starting
 * @throws DocumentInvalid when nobody but that file could say what is live
 */
export function openRegistry(path: string, rows: DocumentRows, known = false): Promise<Document<Registry>> {
  return openDocument({ path, rows, initial: emptyRegistry, schema: registrySchema, replaceable: known });
}

/** Whether the file could be written from our records. */
export async function knowsChannels(store: Pick<Store, 'listStreams'>): Promise<boolean> {
  const channels = await store.listStreams('channel');
  return channels.some(({ state }) => (state as Channel).periods.length > 0);
}

const registryReader: Actor = { kind: 'source', name: 'the channel registry' };

/** At the first boot the file tells us the history of each channel; a channel that we know already ignores it. */
export function importIntents(registry: Registry, policies: Policies, at: Instant): readonly Envelope[] {
  const { now: key } = registryKeys(policies);
  const told = believed(registry);
  return channelNames(policies).flatMap((name) => {
    const moves = readMoves(told, key({ name }), at);
    if (moves.length === 0) return [];
    const to = { kind: 'channel', id: `channel:${name}` } as const;
    return [{ to, at, by: registryReader, intent: { type: 'channel.import', moves } } as const];
  });
}

/**
 * With one app, `stable`; with several, `shop/stable`. So is a channel of an app that the policies name no more.
 * @param stored the channels that go into the file, also those that the policies name no more: their keys are taken, too
 */
export function registryKeys(
  policies: Policies,
  stored: readonly Pick<Channel, 'name'>[] = [],
): RegistryKeys {
  const [app, ...others] = Object.keys(policies.channels.apps);
  const shortOf = (name: string): string => name.split('/')[1] ?? name;
  const now: RegistryKeys['now'] = ({ name }) =>
    others.length === 0 && name.startsWith(`${app}/`) ? shortOf(name) : name;
  const taken = new Set([...channelNames(policies).map((name) => ({ name })), ...stored].map(now));
  return {
    now,
    former: (channel) => {
      const { name } = channel;
      const other = now(channel) === name ? shortOf(name) : name;
      return taken.has(other) ? undefined : other;
    },
  };
}

/** `shop/stable`, of every channel in the policies. */
export function channelNames({ channels }: Policies): readonly string[] {
  return Object.entries(channels.apps).flatMap(([app, { channels: all }]) =>
    Object.keys(all).map((channel) => `${app}/${channel}`),
  );
}
