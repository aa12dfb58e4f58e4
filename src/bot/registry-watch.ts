import type { Actor } from '../core/actor.ts';
import { openDrift } from '../core/channel/drift-state.ts';
import { believed, registeredVersion, writeRegistry, type Registry } from '../core/channel/registry.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Carrier } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import type { Document } from '../store/documents.ts';
import type { Store } from '../store/store.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { knowsChannels, registryFile, registryKey } from './registry.ts';
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

  /** @returns whether the file has something to say */
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
    const key = registryKey(policies());
    const envelopes = namesOf(policies()).flatMap((name): readonly Envelope[] => {
      const id = `channel:${name}`;
      const drift = openDrift(
        states.find((channel) => channel.id === id),
        'file',
      );
      if (id === except || !(edited || drift)) return [];
      const found = registeredVersion(value, key({ name }));
      const intent = { type: 'registry.compare', found } as const;
      return [{ to: { kind: 'channel', id }, at: now(), by: registryReader, intent }];
    });
    if (envelopes.length > 0) await submit(envelopes);
    // Not sooner: should we die in between, it is found again, and told under the same words.
    if (edited) await document.adopt(look.text);
    return true;
  }

  /** @param decided the channel whose record goes into the file, whatever stands there */
  async function publish(decided: StreamId | undefined): Promise<void> {
    const all = await channels();
    // While nobody has decided, what somebody wrote about a channel stays.
    const ours = all.filter((channel) => channel.id === decided || !openDrift(channel, 'file'));
    await document.update((before) => writeRegistry(believed(before), ours, registryKey(policies()), now()));
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

function namesOf({ channels }: Policies): readonly string[] {
  return Object.entries(channels.apps).flatMap(([app, { channels: all }]) =>
    Object.keys(all).map((channel) => `${app}/${channel}`),
  );
}
