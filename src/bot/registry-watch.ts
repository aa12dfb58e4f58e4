import type { Actor } from '../core/actor.ts';
import { openDrift } from '../core/channel/drift-state.ts';
import { registeredVersion, writeRegistry, type Registry } from '../core/channel/registry.ts';
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
import { registryFile, registryKey } from './registry.ts';

/** The hash of the registry file as we read it first, or wrote it last. */
const writtenMark = 'registry-written';

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
  readonly now: () => Instant;
  readonly log: Log;
}): RegistryWatch {
  const { store, document, policies, submit, now, log } = parts;

  async function channels(): Promise<readonly Channel[]> {
    return (await store.listStreams('channel')).map(({ state }) => state as Channel);
  }

  /** @returns the file as it stands; undefined when it has nothing to say */
  async function compare(except?: StreamId): Promise<Registry | undefined> {
    const look = await document.look();
    if (look.problem !== undefined) {
      log.warn({ problem: look.problem }, 'the channel registry is written again');
      return undefined;
    }
    const hash = sha256Hex(look.text);
    const written = await store.readMark(writtenMark);
    if (written === undefined) await store.writeMark(writtenMark, hash);
    const edited = written !== undefined && written !== hash;
    const states = await channels();
    const key = registryKey(policies());
    const envelopes = namesOf(policies()).flatMap((name): readonly Envelope[] => {
      const id = `channel:${name}`;
      const drift = openDrift(
        states.find((channel) => channel.id === id),
        'file',
      );
      if (id === except || !(edited || drift)) return [];
      const found = registeredVersion(look.value, key({ name }));
      const intent = { type: 'registry.compare', found } as const;
      return [{ to: { kind: 'channel', id }, at: now(), by: registryReader, intent }];
    });
    if (envelopes.length > 0) await submit(envelopes);
    return look.value;
  }

  /** @param decided the channel whose record goes into the file, whatever stands there */
  async function publish(found: Registry | undefined, decided: StreamId | undefined): Promise<void> {
    const all = await channels();
    // While nobody has decided, what somebody wrote about a channel stays.
    const ours = all.filter((channel) => channel.id === decided || !openDrift(channel, 'file'));
    await document.update((before) => writeRegistry(found ?? before, ours, registryKey(policies()), now()));
    const look = await document.look();
    if (look.problem === undefined) await store.writeMark(writtenMark, sha256Hex(look.text));
  }

  return {
    check: async () => {
      try {
        const found = await compare();
        if (!found && (await channels()).some(({ periods }) => periods.length > 0))
          await publish(found, undefined);
      } catch (error) {
        // Whoever cannot write a file for others can still page people: it is tried again at the next look.
        log.error({ error }, 'the channel registry could not be compared with our records');
      }
    },
    carrier: {
      types: ['registry.publish'],
      carry: async ({ stream }) => {
        try {
          await publish(await compare(stream), stream);
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
