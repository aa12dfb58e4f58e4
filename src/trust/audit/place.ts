import type { StreamId } from '../../core/stream.ts';
import { beginning, chainHash } from './chain.ts';
import type { Ends } from './head.ts';
import type { ChainedEvent, StreamEnd } from './trail.ts';

/** The first place that is not as it was written, and what is wrong there. */
export interface Wrong {
  /** An event (`INC-3/4`), several in a row (`INC-3/4–6`), or a head (`head 12`). */
  readonly where: string;
  readonly what: string;
}

/** What was read is not as it was written. */
export class BrokenTrail extends Error {
  override readonly name = 'BrokenTrail';
  readonly wrong: Wrong;
  constructor(wrong: Wrong) {
    super(`${wrong.where} ${wrong.what}`);
    this.wrong = wrong;
  }
}

/** @throws BrokenTrail when there is something wrong */
export function refuse(wrong: Wrong | undefined): void {
  if (wrong) throw new BrokenTrail(wrong);
}

/** Of a stream, what stands between two heads. */
export interface Covered {
  readonly first: number;
  readonly seq: number;
  readonly hash: string;
}

/** What an event says against itself and the one before it. */
export function wrongLink(event: ChainedEvent): Wrong | undefined {
  const { stream, seq, prev, hash } = event;
  if (seq > 1 && prev === undefined)
    return { where: `${stream}/${seq - 1}`, what: 'is missing, or has no hash; what follows it is there' };
  const before = seq === 1 ? beginning : (prev ?? beginning);
  if (hash === undefined) return { where: `${stream}/${seq}`, what: 'has no hash' };
  if (hash === chainHash(before, event)) return undefined;
  const what = seq === 1 ? 'was changed' : 'was changed, or the event before it, with its hash';
  return { where: `${stream}/${seq}`, what };
}

/** What a stream's own row says against its newest event. */
export function wrongEnd({ id, version, hash, newest }: StreamEnd): Wrong | undefined {
  const seq = newest?.seq ?? 0;
  if (seq < version)
    return { where: `${id}/${seq + 1}`, what: `is missing: the stream says it has ${version} events` };
  if (seq > version)
    return { where: `${id}/${version + 1}`, what: `was added: the stream says it has ${version} events` };
  if (hash === undefined || seq === 0 || newest?.hash === hash) return undefined;
  return { where: `${id}/${seq}`, what: 'was changed with its hash: the stream remembers another one' };
}

/** What a head says against the events that it covers. */
export function wrongCover(
  ends: Ends,
  events: ReadonlyMap<StreamId, Covered>,
  head: string,
): Wrong | undefined {
  for (const [stream, seq, hash] of ends) {
    const found = events.get(stream);
    if (!found) return { where: `${stream}/${seq}`, what: `is missing: ${head} covers it` };
    if (found.seq < seq)
      return { where: `${stream}/${found.seq + 1}`, what: `is missing: ${head} covers it` };
    if (found.seq > seq) return { where: `${stream}/${seq + 1}`, what: `was added below ${head}` };
    if (found.hash !== hash)
      return {
        where: `${stream}/${sayRange(found.first, seq)}`,
        what: `was written anew: ${head} remembers another hash`,
      };
  }
  const named = new Set(ends.map(([stream]) => stream));
  for (const [stream, { first }] of events)
    if (!named.has(stream)) return { where: `${stream}/${first}`, what: `was added below ${head}` };
  return undefined;
}

/** `4`, or `4–6`. */
export function sayRange(first: number, last: number): string {
  return first === last ? String(last) : `${first}–${last}`;
}
