import type { EffectProgressed, EffectSettled } from '../effect.ts';
import type { Mentioned } from '../mention.ts';
import type { Outage } from '../outage.ts';
import type { Refusal } from '../refusal.ts';
import type { Severity } from '../severity.ts';
import type { Alert } from '../source.ts';
import type { Message } from '../stream.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { OperationProgress, Suspect } from './event.ts';
import type { RightTimes } from './moved-times.ts';
import type { PagerdutyReport } from './pagerduty.ts';
import type { RoutedAlert } from './route-alert.ts';

/** Time has come. `down` says that the process was away (or asleep, with its machine) and timers may be late. */
export interface ClockTick {
  readonly type: 'clock.tick';
  readonly down: Outage | undefined;
  /**
   * The clock was set back by so much; `since` is the last time by the clock of before, by which it is told once. Without
   * `right` all times are of before.
   */
  readonly setBack?: { readonly by: Milliseconds; readonly since: Instant; readonly right?: RightTimes };
  /** The store was restored from a backup of that moment: what happened since is not in it. */
  readonly restored?: { readonly from: Instant };
}

export type IncidentIntent =
  | {
      readonly type: 'alerts.receive';
      readonly alerts: readonly { readonly alert: Alert; readonly route: RoutedAlert }[];
    }
  | {
      readonly type: 'incident.declare';
      readonly title: string;
      readonly severity: Severity;
      readonly service: string;
      readonly app: string;
      readonly channel: string;
    }
  | { readonly type: 'incident.acknowledge' }
  | { readonly type: 'incident.set-severity'; readonly severity: Severity; readonly reason: string }
  | { readonly type: 'incident.resolve'; readonly reason: string }
  /** From the channel: what is live there now. */
  | { readonly type: 'incident.name-suspect'; readonly suspect: Suspect | undefined }
  /** From an operation on the incident's channel. */
  | {
      readonly type: 'incident.note-operation';
      readonly operation: string;
      readonly progress: OperationProgress;
      readonly text: string;
      readonly loud: boolean;
      /** What it leaves to people. */
      readonly left?: readonly string[];
      /** Who waits for this answer. */
      readonly concerns?: Mentioned;
      /** Left out: a rollback. */
      readonly kind?: 'promote';
      /** It ended before it had changed anything. */
      readonly untouched?: true;
    }
  /** From the channel: somebody asked for something there and was refused. */
  | { readonly type: 'incident.note-refusal'; readonly refusal: Refusal }
  | PagerdutyReport
  | ClockTick
  | EffectSettled
  | EffectProgressed;

/** A message with this intent. */
export type Of<Type extends IncidentIntent['type']> = Message<
  Extract<IncidentIntent, { readonly type: Type }>
>;
