import type { EffectProgressed, EffectSettled } from '../effect.ts';
import type { ClockTick } from '../incident/intent.ts';
import type { CanaryReport } from '../health/report.ts';
import type { Concern } from '../plan/concern.ts';
import type { OperationOutcome } from '../operation/event.ts';
import type { Move } from './state.ts';
import type { Testimony } from './testimony.ts';
import type { Severity } from '../severity.ts';
import type { Message } from '../stream.ts';
import type { Instant } from '../time.ts';

export type ChannelIntent =
  | {
      readonly type: 'rollback.request';
      readonly target: { readonly version: string } | 'last-good';
      readonly reason: string;
      /** What the person saw running when they asked; refused when that is gone. */
      readonly leaving?: string;
    }
  /** To the source: it says what it knows about the version, and the target decides. */
  | {
      readonly type: 'promotion.request';
      /** The target's full name. */
      readonly target: string;
      /** Left out: what is live on the source. */
      readonly version: string | undefined;
      readonly override: boolean;
      readonly reason: string;
    }
  /** From the source to the target. */
  | {
      readonly type: 'promotion.weigh';
      readonly source: string;
      readonly override: boolean;
      readonly reason: string;
      readonly testimony: Testimony;
    }
  /** From an approved promotion to its source: may it still begin on the target? */
  | {
      readonly type: 'promotion.recheck';
      readonly operation: string;
      readonly target: string;
      readonly version: string;
      readonly from: string;
      /** What a lead has had lifted. */
      readonly lifted: readonly Concern[];
    }
  | { readonly type: 'channel.set'; readonly version: string; readonly reason: string }
  /** From a release bot. */
  | { readonly type: 'health.report'; readonly report: CanaryReport }
  /** From a deploy tool: this version is on the channel, since `at` (left out: now). */
  | {
      readonly type: 'deployment.report';
      readonly version: string;
      readonly url?: string | undefined;
      readonly at?: Instant | undefined;
      /** The deploy tool's own; told again under the same id, it is no news. */
      readonly id?: string | undefined;
    }
  /** The version that the registry file names; undefined where it names none. */
  | {
      readonly type: 'registry.compare';
      readonly found: string | undefined;
      /** After a restore: the moves that the file tells of, and that came after all that our records know. */
      readonly missed?: readonly Move[];
    }
  /** A person decides a drift: what the others say is recorded, or our record stays. */
  | { readonly type: 'drift.take'; readonly drift: number; readonly side: 'theirs' | 'ours' }
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
      /** The worst it was before somebody who is no lead lowered it, where that still freezes promotions. */
      readonly was?: Severity | undefined;
      /** Where its card is: plans for this channel are shown beside it. */
      readonly conversation: string;
      /** Whose people on call are asked to approve them. */
      readonly service?: string;
    }
  /** From an approved operation: is the channel still as its plan expects? */
  | {
      readonly type: 'channel.begin';
      readonly operation: string;
      readonly from: string;
      /** Of a promotion: what its source says now, and what a lead has had lifted. */
      readonly promotion?: {
        readonly source: string;
        readonly testimony: Testimony;
        readonly lifted: readonly Concern[];
      };
    }
  /** From the operation that holds it, which waits: `begun` is whether a step of it has. */
  | {
      readonly type: 'channel.note-hold';
      readonly operation: string;
      readonly begun: boolean;
      readonly frozen: boolean;
    }
  /** From the source of promotions: something came up there that may speak against one (of that version). */
  | {
      readonly type: 'promotion.look-again';
      readonly version: string | undefined;
      readonly why: string;
    }
  | {
      readonly type: 'channel.move';
      readonly operation: string;
      /** Undefined: it was rolled back from what counted as live. */
      readonly from?: string;
      readonly version: string;
      /** The full name of the channel that a promotion comes from; left out by a rollback. */
      readonly source?: string;
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

/** A message that carries one type of these. */
export type Of<Type extends ChannelIntent['type']> = Message<Extract<ChannelIntent, { type: Type }>>;
