import type { Refusal } from '../refusal.ts';
import type { Severity } from '../severity.ts';
import type { Instant } from '../time.ts';

/** How a version came to be live. */
export type MoveCause = 'import' | 'set' | 'rollback';

/** What can happen to a release channel. */
export type ChannelEvent =
  | {
      readonly type: 'channel.moved';
      readonly to: string;
      readonly from: string | undefined;
      readonly cause: MoveCause;
      readonly reason: string;
      readonly actor: string;
      readonly operation: string | undefined;
      /** Checked by a verification of ours: it counts as good from the start. */
      readonly verified: boolean;
      /** Since when it has been live, if that was before now (an import). */
      readonly since: Instant | undefined;
    }
  | {
      readonly type: 'channel.locked';
      readonly operation: string;
      readonly name: string;
      readonly reason: string;
    }
  | { readonly type: 'channel.released'; readonly operation: string }
  /** An operation changed something and did not finish: what runs there is not certain. */
  | { readonly type: 'channel.doubted'; readonly operation: string; readonly why: string }
  /** An open incident on the channel, with its severity; none any more without one. */
  | {
      readonly type: 'incident.noted';
      readonly incident: string;
      readonly severity: Severity | undefined;
      readonly conversation: string;
    }
  | Refusal;
