import type { Clock } from '../core/clock.ts';
import { StoreUnavailable, type InboxItem, type Store } from '../store/store.ts';
import type { Log } from './log.ts';

/** What an item needs is away for a moment: it is read again soon. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

const soon = 3_000;

/**
 * Reads items of one source, and settles each through the engine. Throwing puts the item into quarantine, unless it
 * is `NotNow` or the store's own trouble.
 */
export interface InboxReader {
  readonly source: string;
  /** Items that may wait for others (a look-up of a person) are read side by side; the rest strictly in order. */
  readonly inOrder: boolean;
  readonly read: (item: InboxItem) => Promise<void>;
}

export interface Inbox {
  /** Stores the item; resolves when it is durable. Work on it begins afterwards. */
  readonly receive: (item: InboxItem) => Promise<{ readonly new: boolean }>;
  /** Goes on with what an earlier run had accepted and not finished. */
  readonly start: () => Promise<void>;
  readonly working: () => Promise<unknown> | undefined;
  readonly stop: () => Promise<void>;
}

/** Between accepting a body and understanding it. */
export function createInbox(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly readers: readonly InboxReader[];
  readonly quarantined: (item: InboxItem, why: string) => Promise<void>;
  readonly log: Log;
}): Inbox {
  const { store, clock, log } = parts;
  const readers = new Map(parts.readers.map((reader) => [reader.source, reader]));
  const working = new Set<Promise<void>>();
  let last: Promise<void> = Promise.resolve();
  let running = true;
  /** What came before the start waits for what an earlier run left behind: older items go first, and none twice. */
  let early: InboxItem[] | undefined = [];
  let left: ReadonlySet<string> = new Set();

  function work(item: InboxItem): void {
    const reader = readers.get(item.source);
    const inOrder = reader?.inOrder !== false;
    const read = async (): Promise<void> => {
      while (running && !(await readOne(reader, item))) {
        const later = clock.now() + soon;
        if (!inOrder) return void clock.wakeAt(later, () => work(item));
        // It keeps its place: an alert's end must not overtake its beginning.
        await new Promise<void>((resolve) => clock.wakeAt(later, resolve));
      }
    };
    const reading = inOrder ? last.then(read) : read();
    if (inOrder) last = reading;
    working.add(reading);
    void reading.finally(() => working.delete(reading));
  }

  /** @returns false when the item has to wait */
  async function readOne(reader: InboxReader | undefined, item: InboxItem): Promise<boolean> {
    try {
      if (!reader) throw new Error(`nothing here reads ${item.source}`);
      await reader.read(item);
    } catch (error) {
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
        return !(second instanceof StoreUnavailable);
      }
    }
    return true;
  }

  return {
    receive: async (item) => {
      const received = await store.receive(item);
      // Whoever has something delivered again, after they put a policy right, should find out why nothing happens.
      if (!received.new) log.info({ item: item.id }, 'an inbox item came again; it counts once');
      if (received.new && !left.has(item.id)) {
        if (early) early.push(item);
        else work(item);
      }
      return received;
    },
    start: async () => {
      const unsettled = await store.unsettledInbox();
      left = new Set(unsettled.map(({ id }) => id));
      const others = (early ?? []).filter(({ id }) => !left.has(id));
      early = undefined;
      for (const item of [...unsettled, ...others]) work(item);
    },
    working: () => (working.size === 0 ? undefined : Promise.all(working)),
    stop: async () => {
      running = false;
      await Promise.all(working);
    },
  };
}
