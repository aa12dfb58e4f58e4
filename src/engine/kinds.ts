import { channelKind } from '../core/channel/channel.ts';
import { freezeKind } from '../core/freeze/freeze.ts';
import { incidentKind } from '../core/incident/incident.ts';
import type { Intent } from '../core/intent.ts';
import { operationKind } from '../core/operation/operation.ts';
import type { AnyEvent } from '../core/reply.ts';
import type { StreamKind, StreamName } from '../core/stream.ts';

/** Stream kinds as the engine sees them: states, intents and events pass through it unread. */
export type AnyKind = StreamKind<unknown, Intent, AnyEvent>;

// Each kind is only ever handed what it wrote itself, which the types cannot express over a table.
const kinds: Readonly<Record<StreamName, AnyKind>> = {
  incident: incidentKind as unknown as AnyKind,
  operation: operationKind as unknown as AnyKind,
  channel: channelKind as unknown as AnyKind,
  freeze: freezeKind as unknown as AnyKind,
};

export function kindOf(name: StreamName): AnyKind {
  return kinds[name];
}

/** `INC-12` and `OP-7` come from counters; a channel is named by its policy, and of freezes there is one stream. */
export const idPrefix: Readonly<Record<StreamName, string>> = {
  incident: 'INC-',
  operation: 'OP-',
  channel: 'channel:',
  freeze: 'freeze:',
};

export function kindOfStream(id: string): StreamName {
  for (const name of ['incident', 'operation', 'channel', 'freeze'] as const)
    if (id.startsWith(idPrefix[name])) return name;
  throw new Error(`${id} is no stream id`);
}
