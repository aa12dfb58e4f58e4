import type { EffectProgressed, EffectSettled } from '../effect.ts';
import type { ClockTick } from '../incident/intent.ts';
import type { StreamId } from '../stream.ts';
import type { Waiting } from './state.ts';

export type FreezeIntent =
  /** `open` is what the person saw to be under way; what was opened a moment later asks by itself. */
  | {
      readonly type: 'freeze.begin';
      readonly reason: string;
      readonly open: readonly Omit<Waiting, 'ready'>[];
    }
  /** `freeze` is the one whose card the person saw; left out: whichever is in force. */
  | { readonly type: 'freeze.lift'; readonly reason: string; readonly freeze?: number }
  /** From an operation: may it begin? Unless it is `ready` it only wants to know. */
  | ({ readonly type: 'freeze.ask' } & Waiting)
  /** From an operation that has ended meanwhile. */
  | { readonly type: 'freeze.leave'; readonly operation: StreamId }
  | ClockTick
  | EffectSettled
  | EffectProgressed;
