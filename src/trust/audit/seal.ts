import type { StreamId } from '../../core/stream.ts';
import type { Instant } from '../../core/time.ts';
import type { Signer } from '../signing-key.ts';
import { beforeAllHeads, linkOf, makeHead, readHead, type Ends, type Head } from './head.ts';
import { BrokenTrail, refuse, wrongLink } from './place.ts';
import type { AuditTrail } from './trail.ts';

/** One head is over so many events at most, so that a long absence is caught up with in pieces. */
const mostInHead = 5_000;
const pageSize = 250;

/**
 * Seals heads over all events that none covers yet, and one over nothing when the key has changed, so that the newest
 * head is signed by a key that is in use. Any number may try at the same time: one of them makes the next head.
 * @param parts.pause between pages of events, for others to have their turn
 * @param parts.most no further head once so many events were sealed
 * @returns those that were made
 * @throws BrokenTrail when an event is not as it was written: it is not sealed
 */
export async function sealTrail(
  trail: AuditTrail,
  parts: {
    readonly store: string;
    readonly now: () => Instant;
    readonly signer: Signer | undefined;
    readonly pause?: () => Promise<void>;
    readonly most?: number;
  },
): Promise<readonly Head[]> {
  const { store, now, signer, pause, most = Number.POSITIVE_INFINITY } = parts;
  const upTo = await trail.settled();
  const made: Head[] = [];
  let sealed = 0;
  while (sealed < most) {
    const newest = await newestOf(trail);
    const before = newest ? linkOf(newest) : beforeAllHeads;
    const { ends, to, count } = await readPiece(trail, before.to, upTo, pause);
    const keyChanged = newest !== undefined && newest.key !== (signer?.keyId ?? null);
    if (count === 0 && !keyChanged) break;
    const at = new Date(now()).toISOString();
    const { head, text } = makeHead(before, { store, at, to, ends }, signer);
    if (!(await trail.addHead(head.number, text))) break;
    made.push(head);
    sealed += count;
    if (count === 0) break;
  }
  return made;
}

async function newestOf(trail: AuditTrail): Promise<Head | undefined> {
  const text = await trail.newestHead();
  if (text === undefined) return undefined;
  const read = readHead(text);
  if (!read) throw new BrokenTrail({ where: 'the newest head', what: 'cannot be read' });
  return read.head;
}

async function readPiece(
  trail: AuditTrail,
  after: number,
  upTo: number,
  pause: (() => Promise<void>) | undefined,
): Promise<{ readonly ends: Ends; readonly to: number; readonly count: number }> {
  const ends = new Map<StreamId, { readonly seq: number; readonly hash: string }>();
  let to = after;
  let count = 0;
  const piece = () => ({ ends: endsOf(ends), to, count });
  while (count < mostInHead) {
    const page = await trail.events(to, pageSize);
    for (const event of page) {
      const { pos, stream, seq, hash } = event;
      // One that an older program has just written is chained first, by whoever asks next what is settled.
      if (pos > upTo || hash === undefined) return piece();
      refuse(wrongLink(event));
      ends.set(stream, { seq, hash });
      to = pos;
      count += 1;
    }
    if (page.length < pageSize) break;
    await pause?.();
  }
  return piece();
}

function endsOf(ends: ReadonlyMap<StreamId, { readonly seq: number; readonly hash: string }>): Ends {
  const all = [...ends].map(([stream, { seq, hash }]): [string, number, string] => [stream, seq, hash]);
  return all.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
