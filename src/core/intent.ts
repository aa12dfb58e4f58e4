import type { ChannelIntent } from './channel/intent.ts';
import type { FreezeIntent } from './freeze/intent.ts';
import type { IncidentIntent } from './incident/intent.ts';
import type { OperationIntent } from './operation/intent.ts';

/** What somebody wants of some stream. */
export type Intent = IncidentIntent | OperationIntent | ChannelIntent | FreezeIntent;
