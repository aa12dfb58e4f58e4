import type { Refusal } from '../refusal.ts';
import type { NamedCardEvent } from '../settle-card.ts';
import type { StreamId } from '../stream.ts';
import type { Waiting } from './state.ts';

/** What can happen to the kill switch. */
export type FreezeEvent =
  | {
      readonly type: 'production.frozen';
      readonly name: string;
      readonly reason: string;
      /** It is frozen already, and should stay so although somebody has begun to lift it. */
      readonly again?: true;
      /** Who may lift it, by name. */
      readonly lifters: readonly string[];
      /** What was open. */
      readonly waiting: readonly Waiting[];
    }
  | {
      readonly type: 'lift.confirmed';
      readonly name: string;
      readonly reason: string;
      readonly count: number;
      readonly needed: number;
      /** Who may be the next one, by name. */
      readonly left: readonly string[];
    }
  | {
      readonly type: 'production.thawed';
      readonly names: readonly string[];
      /** What begins, or goes on, by itself. */
      readonly ready: readonly Waiting[];
    }
  /** An operation has to wait; or it has ended meanwhile. */
  | ({ readonly type: 'freeze.holds' } & Waiting)
  | { readonly type: 'freeze.lets-go'; readonly operation: StreamId }
  | NamedCardEvent
  | Refusal;
