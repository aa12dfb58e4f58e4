import type { EffectProgressed, EffectSettled } from '../effect.ts';
import type { ClockTick } from '../incident/intent.ts';
import type { OperationOutcome } from '../operation/event.ts';
import type { Severity } from '../severity.ts';
import type { Instant } from '../time.ts';

export type ChannelIntent =
  | {
      readonly type: 'rollback.request';
      readonly target: { readonly version: string } | 'last-good';
      readonly reason: string;
    }
  | { readonly type: 'channel.set'; readonly version: string; readonly reason: string }
  /** At the first boot, from the registry file: oldest first. */
  | {
      readonly type: 'channel.import';
      readonly moves: readonly {
        readonly version: string;
        readonly at: Instant;
        readonly actor: string;
        readonly reason: string;
      }[];
    }
  /** From an incident that opened, changed its severity, or was resolved. */
  | {
      readonly type: 'channel.note-incident';
      readonly incident: string;
      readonly severity: Severity | undefined;
      /** Where its card is: plans for this channel are shown beside it. */
      readonly conversation: string;
    }
  /** From an approved operation: is the channel still as its plan expects? */
  | { readonly type: 'channel.begin'; readonly operation: string; readonly from: string }
  | {
      readonly type: 'channel.move';
      readonly operation: string;
      readonly version: string;
      readonly reason: string;
      readonly actor: string;
    }
  /** `touched`: something was already changed out there. */
  | {
      readonly type: 'channel.release';
      readonly operation: string;
      readonly outcome: OperationOutcome | 'not-begun';
      readonly touched: boolean;
      readonly why: string;
    }
  | ClockTick
  | EffectSettled
  | EffectProgressed;
