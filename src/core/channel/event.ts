import type { PlanKind } from '../plan/plan.ts';
import type { Refusal } from '../refusal.ts';
import type { DriftNoticed, DriftSettled } from './drift-state.ts';
import type { HealthReported } from './health-state.ts';
import type { IncidentNoted } from './open-incidents.ts';
import type { NamedCardEvent } from '../settle-card.ts';
import type { Instant } from '../time.ts';

/** How a version came to be live. */
export type MoveCause = 'import' | 'set' | 'rollback' | 'promote' | 'deploy';

/** A version that a rollback has gone to and did not get through with; nothing has put another one live since. */
export interface Tried {
  readonly version: string;
  readonly operation: string;
  readonly why: string;
}

/** What can happen to a release channel. */
export type ChannelEvent =
  | {
      readonly type: 'channel.moved';
      readonly to: string;
      readonly from: string | undefined;
      readonly cause: MoveCause;
      /** The full name of the channel that a promotion came from. */
      readonly source?: string;
      readonly reason: string;
      readonly actor: string;
      readonly operation: string | undefined;
      /** Checked by a verification of ours: it counts as good from the start. */
      readonly verified: boolean;
      /** Since when it has been live, if that was before now (an import, a deployment told later). */
      readonly since: Instant | undefined;
      /** The deployment's id, so that it is known when it is told again. */
      readonly deployment?: string;
      /** The token whose word alone it is, where that does not answer for it. */
      readonly toldBy?: string;
    }
  | {
      readonly type: 'channel.locked';
      readonly operation: string;
      readonly name: string;
      readonly reason: string;
      readonly kind: PlanKind;
      /** The version that the operation goes to. */
      readonly to: string;
    }
  /** A promotion is being carried out: the rollback gets the channel as soon as that has let go. */
  | {
      readonly type: 'channel.queued';
      readonly operation: string;
      readonly name: string;
      readonly reason: string;
      readonly from: string;
      readonly to: string;
    }
  /** The operation that holds the channel begins to change it. */
  | { readonly type: 'channel.begun'; readonly operation: string }
  /** It waits: it has changed nothing (`begun: false`, maybe after all), or goes on when production is no longer frozen. */
  | {
      readonly type: 'hold.noted';
      readonly operation: string;
      readonly begun: boolean;
      readonly frozen: boolean;
    }
  | { readonly type: 'channel.released'; readonly operation: string }
  /** An operation changed something and did not finish: what runs there is not certain. */
  | {
      readonly type: 'channel.doubted';
      readonly operation: string;
      readonly why: string;
      /** When the operation began to change something. */
      readonly begunAt?: Instant | undefined;
      /** What a promotion was bringing, and may have brought, and when it began. */
      readonly version?: string;
      readonly broughtAt?: Instant | undefined;
      /** What rollbacks have gone to in vain, in their order. */
      readonly tried?: readonly Tried[];
    }
  | IncidentNoted
  | HealthReported
  /** A deployment that says what we know already. Told once more when the channel has moved on, it is still no news. */
  | { readonly type: 'deployment.known'; readonly deployment: string }
  | DriftNoticed
  | DriftSettled
  | NamedCardEvent
  | Refusal;
