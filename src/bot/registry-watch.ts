import type { Actor } from '../core/actor.ts';
import { openDrift } from '../core/channel/drift-state.ts';
import {
  believed,
  isFormerlyKeyed,
  movesBetween,
  registeredVersion,
  writeRegistry,
  type Registry,
} from '../core/channel/registry.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Carrier } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import type { Document } from '../store/documents.ts';
import type { Store } from '../store/store.ts';
import { restoredStore } from '../store/restored.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { channelNames, knowsChannels, registryFile, registryKeys } from './registry.ts';
import { shoutOnce } from './shout-once.ts';

const registryReader: Actor = { kind: 'source', name: registryFile };

export interface RegistryWatch {
  /** Notices what others wrote into the file; a file that is gone or cannot be read is written again. Never rejects. */
  readonly check: () => Promise<void>;
  readonly carrier: Carrier<'registry.publish'>;
}

/** Publishes the registry file from the store, which is the truth, and tells the channels what others wrote into it. */
export function watchRegistry(parts: {
  readonly store: Store;
  readonly document: Document<Registry>;
  readonly policies: () => Policies;
  readonly submit: (envelopes: readonly Envelope[]) => Promise<unknown>;
  /** Something was added to the outbox. */
  readonly poke: () => void;
  readonly now: () => Instant;
  readonly log: Log;
}): RegistryWatch {
  const { store, document, policies, submit, now, log } = parts;
  const shout = shoutOnce({ ...parts, engine: { poke: parts.poke } });

  async function channels(): Promise<readonly Channel[]> {
    return (await store.listStreams('channel')).map(({ state }) => state as Channel);
  }

  /** @returns whether the file may stay as it is, if nobody decides otherwise */
  async function compare(except?: StreamId): Promise<boolean> {
    const look = await document.look();
    if (look.problem !== undefined) {
      const { problem, text } = look;
      if (text === undefined || !(await knowsChannels(store)))
        log.warn({ problem }, 'the channel registry cannot be read');
      else await tellUnreadable(problem, text);
      return false;
    }
    const value = believed(look.value);
    const { edited } = look;
    const states = await channels();
    // Until the restore is taken up: what we wrote into the file in the life that is lost is still there.
    const restored = await restoredStore(store);
    const keys = registryKeys(policies());
    const envelopes = channelNames(policies()).flatMap((name): readonly Envelope[] => {
      const id = `channel:${name}`;
      const drift = openDrift(
        states.find((channel) => channel.id === id),
        'file',
      );
      if (id === except || !(edited || drift)) return [];
      const told = readVersion(value, name, policies());
      if (!told) return [];
      const { found } = told;
      const missed = restored ? movesBetween(value, keys.now({ name }), lastMove(states, id), now()) : [];
      const more = missed.length === 0 ? {} : { missed };
      const intent = { type: 'registry.compare', found, ...more } as const;
      return [{ to: { kind: 'channel', id }, at: now(), by: registryReader, intent }];
    });
    if (envelopes.length > 0) await submit(envelopes);
    // Not sooner: should we die in between, it is found again, and told under the same words.
    if (edited) await document.adopt(look.text);
    return !(await tellKeys(value));
  }

  /** @param decided the channel whose record goes into the file, whatever stands there */
  async function publish(decided: StreamId | undefined): Promise<void> {
    const all = await channels();
    // While nobody has decided, what somebody wrote about a channel stays.
    const ours = all.filter((channel) => channel.id === decided || !openDrift(channel, 'file'));
    const keys = registryKeys(policies(), all);
    await document.update((before) => writeRegistry(believed(before), ours, keys, now()));
  }

  /** @returns whether channels stand there by keys of before an app came or went: whoever reads those finds nothing soon */
  async function tellKeys(value: Registry): Promise<boolean> {
    const all = await channels();
    const keys = registryKeys(policies(), all);
    const renamed = all.filter(
      (channel) => !openDrift(channel, 'file') && isFormerlyKeyed(value, channel, keys),
    );
    if (renamed.length === 0) return false;
    const changes = renamed
      .map((channel) => `${keys.former(channel)} is now ${keys.now(channel)}`)
      .join(', ');
    log.warn({ changes }, 'the channel registry has other keys: an app was added or taken out');
    const day = new Date(now()).toISOString().slice(0, 10);
    await shout(`registry-keys/${day}/${sha256Hex(changes).slice(0, 16)}`, {
      text: [
        `Channels have other keys in ${registryFile}, since an app was added or taken out: ${changes}.`,
        'Whoever reads that file, such as CI, has to look there from now on.',
      ].join('\n'),
    });
    return true;
  }

  /** Whoever left a file that nobody can read meant something by it, and may believe that it is heeded. */
  async function tellUnreadable(problem: string, text: string): Promise<void> {
    log.error({ problem }, 'the channel registry cannot be read, and is written again from our records');
    const day = new Date(now()).toISOString().slice(0, 10);
    const id = `registry-unreadable/${day}/${sha256Hex(text).slice(0, 16)}`;
    // Until it can be written again, it is found at every look.
    await shout(id, {
      text: [
        `Somebody’s edit of ${registryFile} cannot be read: ${problem}`,
        'It is written again from our records, and the edit kept beside it (release_channels.edited-<n>.json).',
        'If something else is live than /channels says: /channels set <channel> <version> <reason>',
      ].join('\n'),
    });
  }

  return {
    check: async () => {
      try {
        if (!(await compare()) && (await knowsChannels(store))) await publish(undefined);
      } catch (error) {
        // Whoever cannot write a file for others can still page people: it is tried again at the next look.
        log.error({ error }, 'the channel registry could not be compared with our records');
      }
    },
    carrier: {
      types: ['registry.publish'],
      carry: async ({ stream }) => {
        try {
          await compare(stream);
          await publish(stream);
          return { status: 'done', receipt: {} };
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          return { status: 'retry', why, mayHaveHappened: false };
        }
      },
    },
  };
}

function lastMove(channels: readonly Channel[], id: StreamId): Instant {
  return channels.find((channel) => channel.id === id)?.moves.at(-1)?.at ?? -Infinity;
}

/**
 * What the file names as live on a channel; undefined where the file was not written since an app came or went, and what
 * stands there by the key of before may be another channel's.
 */
function readVersion(
  value: Registry,
  name: string,
  policies: Policies,
): { readonly found: string | undefined } | undefined {
  const keys = registryKeys(policies);
  const found = registeredVersion(value, keys.now({ name }));
  const former = keys.former({ name });
  const before = former === undefined ? undefined : registeredVersion(value, former);
  if (before === undefined) return { found };
  const isShared = channelNames(policies).some(
    (each) => each !== name && keys.former({ name: each }) === former,
  );
  // We take that key out: where only one channel can be meant, it is somebody who does not know that.
  if (!isShared) return { found: before };
  return found === undefined ? undefined : { found };
}
