import type { InboxReader } from '../engine/inbox.ts';
import { contextOfItem } from './ids.ts';
import { below, type Spans } from './spans.ts';

type ReadTogether = NonNullable<InboxReader['readTogether']>;

/** The same readers, with a span for what they read: below its receipt, whichever process received it. */
export function tracedReaders(spans: Spans): (reader: InboxReader) => InboxReader {
  /** Readers that share one go on sharing it: that is how the inbox knows what can be read together. */
  const shared = new Map<ReadTogether, ReadTogether>();

  function together(read: ReadTogether): ReadTogether {
    const known = shared.get(read);
    if (known) return known;
    const traced: ReadTogether = (items) => {
      const links = items.map(({ id }) => ({ context: contextOfItem(id) }));
      const attributes = { 'lastgood.items': items.length };
      return spans.during('read together', { links, attributes, parent: undefined }, () => read(items));
    };
    shared.set(read, traced);
    return traced;
  }

  return (reader) => ({
    ...reader,
    read: (item) => {
      const attributes = { 'lastgood.source': item.source, 'lastgood.item': item.id };
      const parent = below(contextOfItem(item.id));
      return spans.during(`read ${item.source}`, { attributes, parent }, () => reader.read(item));
    },
    ...(reader.readTogether && { readTogether: together(reader.readTogether) }),
  });
}
