import type { StreamId } from '../../core/stream.ts';
import type { Anchor } from './anchor.ts';
import {
  beforeAllHeads,
  digestOf,
  judgeSignature,
  linkOf,
  readHead,
  type Ends,
  type Head,
  type HeadLink,
  type PublicKeys,
  type Signature,
} from './head.ts';
import {
  BrokenTrail,
  refuse,
  wrongCover,
  wrongEnd,
  wrongLink,
  sayRange,
  type Covered,
  type Wrong,
} from './place.ts';
import type { AuditTrail, ChainedEvent, StreamEnd } from './trail.ts';

const eventsAtOnce = 250;
const headsAtOnce = 20;
const streamsAtOnce = 500;

/** What was looked at, and the first place that is wrong. */
export interface Verdict {
  readonly wrong: Wrong | undefined;
  readonly events: number;
  readonly streams: number;
  readonly heads: number;
  /** Events that no head covers yet. */
  readonly uncovered: number;
  /** The last head that was read. */
  readonly newest: { readonly head: Head; readonly signature: Signature } | undefined;
  /** Copies kept elsewhere that agree with their heads. */
  readonly anchored: number;
  /** Behind which a later look may go on. */
  readonly link: HeadLink;
}

/** What is read; also by way of the API. */
export type ReadableTrail = Omit<AuditTrail, 'addHead'>;

export interface Believed {
  /** The store's id, which every head has to bear. */
  readonly store: string;
  /** A head that names one of them has to be signed by it. */
  readonly keys: PublicKeys;
  /** Copies of heads that were kept elsewhere. */
  readonly anchors?: readonly Anchor[];
  /** Everything up to this head is believed, and streams' rows are not looked at. */
  readonly since?: HeadLink;
}

type Seen = { -readonly [Name in keyof Verdict]: Verdict[Name] };

/**
 * Reads everything once, in order, and stops at the first place that is not as it was written: each event against the
 * one before it; the heads against one another, the events that they cover, their signatures and their copies; and
 * what each stream's row remembers against its newest event. Of the events, it remembers where each stream stands
 * between two heads.
 * @param pause between pages, for others to have their turn
 */
export async function verifyTrail(
  trail: ReadableTrail,
  believed: Believed,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<Verdict> {
  const seen: Seen = {
    wrong: undefined,
    events: 0,
    streams: 0,
    heads: 0,
    uncovered: 0,
    newest: undefined,
    anchored: 0,
    link: believed.since ?? beforeAllHeads,
  };
  try {
    await readAll(trail, believed, pause, seen);
  } catch (error) {
    if (!(error instanceof BrokenTrail)) throw error;
    seen.wrong = error.wrong;
  }
  return seen;
}

async function readAll(
  trail: ReadableTrail,
  believed: Believed,
  pause: () => Promise<void>,
  seen: Seen,
): Promise<void> {
  const { anchors = [], since } = believed;
  const covered = new Map<StreamId, Covered>();
  const remembered = rememberedBy(anchors);
  // In this order: what is sealed while we look is left to the next look.
  const upToHead = await numberOfNewest(trail);
  const upTo = await trail.settled();
  if (upToHead < seen.link.number)
    throw new BrokenTrail({ where: `head ${upToHead + 1}`, what: 'is missing' });
  const from = seen.link.to;
  const heads = readHeads(trail, upToHead, believed, seen);
  let open = await heads.next();

  const close = async ({ head, ends }: OpenHead): Promise<void> => {
    const copies = anchors.filter((anchor) => anchor.head.number === head.number);
    for (const copy of copies) refuse(wrongCopy(copy, head, covered));
    seen.anchored += copies.length;
    refuse(wrongCover(ends, covered, sayHead(head)));
    covered.clear();
    open = await heads.next();
  };

  for await (const event of readEvents(trail, from, upTo, pause)) {
    while (open.done !== true && event.pos > open.value.head.to) await close(open.value);
    checkEvent(event, open.done !== true, seen);
    const { stream, seq, hash = '' } = event;
    const copy = remembered.get(`${stream}/${seq}`);
    if (copy && copy.hash !== hash)
      throw new BrokenTrail({
        where: `${stream}/${seq}`,
        what: `was written anew, or what is before it: ${copy.in}`,
      });
    remembered.delete(`${stream}/${seq}`);
    covered.set(stream, { first: covered.get(stream)?.first ?? seq, seq, hash });
  }
  while (open.done !== true) await close(open.value);
  for (const [where, copy] of remembered) throw new BrokenTrail({ where, what: `is missing: ${copy.in}` });
  refuse(wrongAbsence(anchors, seen));
  if (since) return;
  for await (const end of readEnds(trail, pause)) {
    seen.streams += 1;
    refuse(wrongEnd(end));
  }
}

interface OpenHead {
  readonly head: Head;
  readonly ends: Ends;
}

/** The heads in order, each as far as it can be checked by itself. */
async function* readHeads(
  trail: ReadableTrail,
  upTo: number,
  { store, keys }: Believed,
  seen: Seen,
): AsyncGenerator<OpenHead, undefined> {
  while (seen.link.number < upTo) {
    const page = await trail.heads(seen.link.number, Math.min(headsAtOnce, upTo - seen.link.number));
    if (page.length === 0)
      throw new BrokenTrail({ where: `head ${seen.link.number + 1}`, what: 'is missing' });
    for (const text of page) {
      const { link } = seen;
      const read = readHead(text);
      const where = `head ${link.number + 1}`;
      if (!read?.ends || read.head.digest !== digestOf(read.ends))
        throw new BrokenTrail({ where, what: 'was changed' });
      const { head, ends } = read;
      if (head.number !== link.number + 1) throw new BrokenTrail({ where, what: 'is missing' });
      if (head.prev !== link.hash || head.after !== link.to || head.to < head.after || head.store !== store)
        throw new BrokenTrail({
          where,
          what: 'does not follow the one before it: one of the two was changed',
        });
      const signature = judgeSignature(head, keys);
      if (signature === 'bad')
        throw new BrokenTrail({
          where,
          what: `was changed: it is not what key ${String(head.key)} has signed`,
        });
      seen.heads += 1;
      seen.newest = { head, signature };
      seen.link = linkOf(head);
      yield { head, ends };
    }
  }
}

async function numberOfNewest(trail: ReadableTrail): Promise<number> {
  const text = await trail.newestHead();
  if (text === undefined) return 0;
  const read = readHead(text);
  if (!read) throw new BrokenTrail({ where: 'the newest head', what: 'cannot be read' });
  return read.head.number;
}

async function* readEvents(
  trail: ReadableTrail,
  after: number,
  upTo: number,
  pause: () => Promise<void>,
): AsyncGenerator<ChainedEvent, void> {
  for (let last = after; ;) {
    const page = await trail.events(last, eventsAtOnce);
    yield* page.filter(({ pos }) => pos <= upTo);
    last = page.at(-1)?.pos ?? last;
    if (page.length < eventsAtOnce || last >= upTo) return;
    await pause();
  }
}

async function* readEnds(trail: ReadableTrail, pause: () => Promise<void>): AsyncGenerator<StreamEnd, void> {
  for (let last = ''; ;) {
    const page = await trail.ends(last, streamsAtOnce);
    yield* page;
    last = page.at(-1)?.id ?? last;
    if (page.length < streamsAtOnce) return;
    await pause();
  }
}

function checkEvent(event: ChainedEvent, isCovered: boolean, seen: Seen): void {
  seen.events += 1;
  if (!isCovered) seen.uncovered += 1;
  // A version that knows no chain may be writing beside us; what it writes is chained before a head covers it.
  if (isCovered || event.hash !== undefined) refuse(wrongLink(event));
}

/** Events by stream and number that copies remember by their hash, whatever heads say about them today. */
function rememberedBy(
  anchors: readonly Anchor[],
): Map<string, { readonly hash: string; readonly in: string }> {
  return new Map(
    anchors.flatMap(({ from, head, ends = [] }) =>
      ends.map(([stream, seq, hash]) => [`${stream}/${seq}`, { hash, in: `${sayHead(head)} in ${from}` }]),
    ),
  );
}

function wrongCopy(copy: Anchor, head: Head, covered: ReadonlyMap<StreamId, Covered>): Wrong | undefined {
  if (linkOf(copy.head).hash === linkOf(head).hash) return undefined;
  const some = [...covered]
    .slice(0, 5)
    .map(([stream, { first, seq }]) => `${stream}/${sayRange(first, seq)}`);
  const more = covered.size > some.length ? ', …' : '';
  const among = some.length === 0 ? '' : `; it covers ${some.join(', ')}${more}`;
  return {
    where: `head ${head.number}`,
    what: `is not the one in ${copy.from}: it was made anew, and what it covers may have been, too${among}`,
  };
}

/** A head that somebody has a copy of was once there. */
function wrongAbsence(anchors: readonly Anchor[], { link }: Seen): Wrong | undefined {
  const beyond = anchors.filter(({ head }) => head.number > link.number);
  const [first] = beyond.toSorted((a, b) => a.head.number - b.head.number);
  if (!first) return undefined;
  return {
    where: `head ${link.number + 1}`,
    what: `is missing, with what was written since: ${sayHead(first.head)} is in ${first.from}`,
  };
}

function sayHead({ number, at }: Head): string {
  return `head ${number} (${at})`;
}
