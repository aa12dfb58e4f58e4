import { lastgood } from '../core/actor.ts';
import { openDrifts } from '../core/channel/drift-state.ts';
import { policyOf } from '../core/channel/place.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import { sayDate, type Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import { goneOn, restoredStore } from '../store/restored.ts';
import type { Store } from '../store/store.ts';
import type { ShoutOnce } from './shout-once.ts';

/**
 * Before anything goes on in a store that came from a backup: everything that is open in it learns that it is out of
 * date, each once, and people are told. Of several replicas that begin on it, whoever comes later finds it said.
 */
export async function takeUpRestored(parts: {
  readonly store: Store;
  readonly submit: Engine['submit'];
  readonly shout: ShoutOnce;
  readonly policies: () => Policies;
  readonly now: () => Instant;
}): Promise<void> {
  const { store, submit, shout, policies, now } = parts;
  const restored = await restoredStore(store);
  if (!restored) return;
  const { from, at } = restored;
  const incidents = await store.listStreams('incident', { openOnly: true });
  const operations = await store.listStreams('operation', { openOnly: true });
  await Promise.all(
    [...incidents, ...operations].map(({ id, kind }) => {
      const intent = { type: 'clock.tick', down: undefined, restored: { from } } as const;
      const envelope: Envelope = { to: { kind, id }, at: now(), by: lastgood, intent };
      return submit([envelope], { once: { id: `restored/${at}/${id}`, request: '', at: now() } });
    }),
  );
  const disputed = (await store.listStreams('channel'))
    .map(({ state }) => state as Channel)
    .filter((channel) => openDrifts(channel).length > 0)
    // About others nobody can decide.
    .filter(({ id }) => policyOf({ id, policies: policies() }) !== undefined);
  const open = [...incidents, ...operations].map(({ id }) => id).join(', ');
  await shout(`restored/${at}`, {
    text: [
      `Lastgood’s records were restored from a backup of ${sayDate(from)}. What happened since is not in them, and buttons of before are no longer valid.`,
      open === '' ? 'Nothing was open then.' : `Open then, and perhaps not any more: ${open}`,
      ...(disputed.length === 0
        ? []
        : [
            `What is live is in dispute on ${disputed.map(({ name }) => name).join(', ')}: decide on the card of the drift. Until then apps that ask whether their version was rolled back are told nothing.`,
          ]),
      'A version that was rolled back since then counts as usable again, unless release_channels.json tells of it.',
      'A freeze that was declared since then is not in force: /lastgood freeze <reason>',
      'What else is live, say with /channels set <channel> <version> <reason>. What burns and is not in /incident list, declare.',
    ].join('\n'),
  });
  await goneOn(store);
}
