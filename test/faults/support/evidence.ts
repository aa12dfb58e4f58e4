import type { StreamName } from '../../../src/core/stream.ts';
import type { SlackMessage } from '../../../src/sandbox/neighbours/slack.ts';
import type { Store, StoredEvent } from '../../../src/store/store.ts';

/** All events of all streams of a kind, oldest first. */
export async function eventsOf(store: Store, kind: StreamName): Promise<readonly StoredEvent[]> {
  const streams = (await store.listStreams(kind)).toReversed();
  return (await Promise.all(streams.map(({ id }) => store.readEvents(id)))).flat();
}

/** Under which effect each message was posted: one that stands there twice was posted twice. */
export function effectIds(messages: readonly SlackMessage[]): readonly string[] {
  return messages.flatMap(({ metadata }) =>
    metadata?.event_type === 'lastgood_effect' ? [String(metadata.event_payload['id'])] : [],
  );
}
