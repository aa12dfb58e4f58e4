import type { Clock } from '../core/clock.ts';
import type { Milliseconds } from '../core/time.ts';
import {
  AlreadySettled,
  mostInboxBytes,
  StoreUnavailable,
  type InboxItem,
  type Store,
} from '../store/store.ts';
import type { Log } from './log.ts';
import { oneAtATime, type OneAtATime } from './one-at-a-time.ts';

/** What an item needs is away for a moment: it is read again soon. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

const soon = 3_000;
/** Whatever kept an item from being read and from quarantine may be over by then: a right that was missing, a bug. */
const aWhile = 60_000;

/**
 * Reads items of one source, and settles each through the engine. Throwing puts the item into quarantine, unless it
 * is `NotNow` or the store's own trouble.
 */
export interface InboxReader {
  readonly source: string;
  /** Items that may wait for others (a look-up of a person) are read side by side; the rest strictly in order. */
  readonly inOrder: boolean;
  readonly read: (item: InboxItem) => Promise<void>;
  /**
   * Reads items that came one after another, of all sources whose readers share it, and settles them in one transaction:
   * a storm does not wait for a flush each. It throws when one of them cannot be read, or is not settled.
   */
  readonly readTogether?: (items: readonly InboxItem[]) => Promise<void>;
}

export interface Inbox {
  /** Stores the item; resolves when it is durable. Work on it begins afterwards. */
  readonly receive: (item: InboxItem) => Promise<{ readonly new: boolean }>;
  /** Goes on with what an earlier run had accepted and not finished. */
  readonly start: () => Promise<void>;
  readonly working: () => Promise<unknown> | undefined;
  /** How many could neither be read nor put into quarantine, and wait to be tried again. */
  readonly setAside: () => number;
  readonly stop: () => Promise<void>;
}

/** As many as are read from the store at once, where they are not large; what is left comes with the next look. */
const atOnce = 1_000;
/** As much as is decided in one transaction, in characters of bodies: everybody else waits for it. */
const together = 256_000;
/** From so many at once on, it pays to wait for more. */
const aStorm = 8;
/** Whoever asks to be heard has the machine twice as long as a transaction before has taken, but no longer than this. */
const longestPause = 400;
/** What asks for an answer is begun after so long, whatever else comes in. */
const longestWait = 250;

/**
 * Between accepting a body and understanding it. What has to be read in order is taken from the store, in its order, by
 * one process at a time; the rest by whoever received it, or by another process when that one is gone.
 */
export function createInbox(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly readers: readonly InboxReader[];
  readonly quarantined: (item: InboxItem, why: string) => Promise<void>;
  readonly log: Log;
  /**
   * A moment, by this machine's own time, in which what comes in is acknowledged before anything else is begun; left
   * out: none.
   */
  readonly moment?: () => Promise<unknown>;
}): Inbox {
  const { store, clock, log } = parts;
  const readers = new Map(parts.readers.map((reader) => [reader.source, reader]));
  const anyOrder = parts.readers.filter(({ inOrder }) => !inOrder).map(({ source }) => source);
  /** What is being read here in any order, or waits to be read again. */
  const beside = new Set<string>();
  /** Of those, what was not begun. */
  const waiting: InboxItem[] = [];
  /** How many of those there have been. */
  let received = 0;
  const reading = new Set<Promise<void>>();
  /** What could not even be put into quarantine: it is in nobody's way, and tried again after a while. */
  const setAside = new Set<string>();
  const state = { started: false, running: true };

  const inTurn = looking(readInOrder);
  const adoption = looking(adopt);

  /** However many have asked for it while the store was away, it looks again once in a while, and not once for each. */
  function looking(work: () => Promise<void>): OneAtATime {
    let disarm = (): void => undefined;
    const turn = oneAtATime(async () => {
      disarm();
      try {
        await work();
      } catch (error) {
        log.error({ error }, 'the inbox could not be read');
        disarm = clock.wakeAt(clock.now() + soon, turn.ask);
      }
    });
    return turn;
  }

  function lookAgain(): void {
    inTurn.ask();
    adoption.ask();
  }

  async function readInOrder(): Promise<void> {
    const isOurs = store.lease();
    for (let after: string | undefined; ;) {
      const items = await store.inboxInOrder(anyOrder, atOnce, after);
      const fresh = items.filter(({ id }) => !setAside.has(id));
      for (const some of sharing(fresh)) {
        const began = clock.now();
        await readSome(some, isOurs);
        if (!state.running || !isOurs()) return;
        if (some.length >= aStorm) await giveWay(clock.now() - began);
      }
      if (!mayBeMore(items)) return;
      after = items.at(-1)?.id;
    }
  }

  /**
   * What is accepted in a storm is stored; who sends it waits to hear so. And the more has come in meanwhile, the less
   * each costs, since what shares a stream is written once.
   */
  async function giveWay(took: Milliseconds): Promise<void> {
    if (took > 0)
      await new Promise<void>((resolve) =>
        clock.wakeAt(clock.now() + Math.min(2 * took, longestPause), resolve),
      );
  }

  /** What can be read together, and follows one another. */
  function sharing(items: readonly InboxItem[]): readonly (readonly InboxItem[])[] {
    const parts: InboxItem[][] = [];
    let size = 0;
    for (const item of items) {
      const shared = readers.get(item.source)?.readTogether;
      const last = parts.at(-1);
      const [first] = last ?? [];
      const isLike = first && shared && readers.get(first.source)?.readTogether === shared;
      size += item.body.length;
      if (last && isLike && size <= together) last.push(item);
      else {
        parts.push([item]);
        size = item.body.length;
      }
    }
    return parts;
  }

  /** Together, or when that is not possible in halves: so that the one that is in the way ends up alone, in its place. */
  async function readSome(items: readonly InboxItem[], isOurs: () => boolean): Promise<void> {
    const [first, ...others] = items;
    // Another process may be at it by now, and further on than this one believes.
    if (!first || !state.running || !isOurs()) return;
    if (others.length === 0) return readInItsPlace(first, isOurs);
    try {
      await readers.get(first.source)?.readTogether?.(items);
    } catch (error) {
      log.info({ error, items: items.length }, 'inbox items cannot be read together; half as many are tried');
      const half = Math.ceil(items.length / 2);
      await readSome(items.slice(0, half), isOurs);
      await readSome(items.slice(half), isOurs);
    }
  }

  /** An alert's end must not overtake its beginning. */
  async function readInItsPlace(item: InboxItem, isOurs: () => boolean): Promise<void> {
    while (state.running && isOurs() && !(await readOne(item)))
      await new Promise<void>((resolve) => clock.wakeAt(clock.now() + soon, resolve));
  }

  async function adopt(): Promise<void> {
    for (let after: string | undefined; ;) {
      const items = await store.adoptInbox(anyOrder, after);
      for (const item of items) readBeside(item);
      if (!state.running || !mayBeMore(items)) return;
      // What is read is let go of, before there is more.
      await Promise.all(reading);
      after = items.at(-1)?.id;
    }
  }

  function readBeside(item: InboxItem): void {
    if (!state.running || beside.has(item.id) || setAside.has(item.id)) return;
    beside.add(item.id);
    received += 1;
    if (!parts.moment) return begin(item);
    waiting.push(item);
    if (waiting.length > 1) return;
    const all = beginAll(parts.moment).finally(() => reading.delete(all));
    reading.add(all);
  }

  /** One after another, and while more is coming in none, for no longer than anybody notices. */
  async function beginAll(moment: () => Promise<unknown>): Promise<void> {
    for (let item = waiting[0]; item; item = waiting[0]) {
      let before: number;
      do {
        before = received;
        await moment();
      } while (received > before && isYoung(item));
      waiting.shift();
      if (state.running) begin(item);
    }
  }

  function isYoung({ at }: InboxItem): boolean {
    return state.running && clock.now() - at < longestWait;
  }

  function begin(item: InboxItem): void {
    const once = readOne(item).then((read) => {
      reading.delete(once);
      if (read) beside.delete(item.id);
      else clock.wakeAt(clock.now() + soon, () => again(item));
    });
    reading.add(once);
  }

  function again(item: InboxItem): void {
    beside.delete(item.id);
    readBeside(item);
  }

  /** @returns false when the item has to wait */
  async function readOne(item: InboxItem): Promise<boolean> {
    try {
      const reader = readers.get(item.source);
      if (!reader) throw new Error(`nothing here reads ${item.source}`);
      await reader.read(item);
    } catch (error) {
      if (error instanceof AlreadySettled) return true;
      if (error instanceof NotNow || error instanceof StoreUnavailable) {
        log.warn({ error, item: item.id }, 'an inbox item has to wait');
        return false;
      }
      const why = error instanceof Error ? error.message : String(error);
      log.error(
        { error, item: item.id, source: item.source },
        'an inbox item could not be read; it is in quarantine',
      );
      try {
        await parts.quarantined(item, why);
      } catch (second) {
        log.error({ error: second, item: item.id }, 'nor could that be recorded');
        if (second instanceof StoreUnavailable) return false;
        putAside(item);
      }
    }
    return true;
  }

  /** All of it is tried again at once, and so in the order in which it came. */
  function putAside({ id }: InboxItem): void {
    if (setAside.size === 0)
      clock.wakeAt(clock.now() + aWhile, () => {
        setAside.clear();
        lookAgain();
      });
    setAside.add(id);
  }

  function mayBeMore(items: readonly InboxItem[]): boolean {
    const size = items.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    return items.length >= atOnce || size >= mostInboxBytes;
  }

  return {
    receive: async (item) => {
      const stored = await store.receive(item);
      // Whoever has something delivered again, after they put a policy right, should find out why nothing happens.
      if (!stored.new) log.info({ item: item.id }, 'an inbox item came again; it counts once');
      else if (!anyOrder.includes(item.source)) inTurn.ask();
      else if (state.started) readBeside(item);
      return stored;
    },
    start: async () => {
      state.started = true;
      store.watch(lookAgain);
      inTurn.start();
      adoption.start();
    },
    working: () => {
      const all = [inTurn.running(), adoption.running(), ...reading].filter((each) => each !== undefined);
      return all.length === 0 ? undefined : Promise.all(all);
    },
    setAside: () => setAside.size,
    stop: async () => {
      state.running = false;
      await Promise.all([inTurn.stop(), adoption.stop(), ...reading]);
    },
  };
}
