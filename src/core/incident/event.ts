import type { MoveCause } from '../channel/event.ts';
import type { PageMeans, Receipt } from '../effect.ts';
import type { Mentioned } from '../mention.ts';
import type { Outage } from '../outage.ts';
import type { Ladder } from '../policies/escalation.ts';
import type { Refusal } from '../refusal.ts';
import type { Severity } from '../severity.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { RightTimes } from './moved-times.ts';

/** The clocks of R53, copied from the severity policy when the incident opens or changes its severity. */
export interface Clocks {
  readonly acknowledgeWithin: Milliseconds;
  readonly rollbackStartWithin: Milliseconds | null;
  readonly rollbackBudget: Milliseconds;
  readonly resolveWithin: Milliseconds;
  readonly acknowledgedFor: Milliseconds | null;
}

/** The release that was live when the incident opened, and the one to go back to. */
export interface Suspect {
  readonly live: string;
  readonly liveSince: Instant;
  readonly lastGood: string | undefined;
  /** How it came to be live; suspects named by earlier versions of Lastgood do not say. */
  readonly cameBy?: MoveCause;
  /** What a promotion is bringing instead at this moment, or may have brought: then nobody can be sure what runs. */
  readonly promotion?: { readonly version: string; readonly isOver: boolean } | undefined;
  /** The rollback that changed something and did not finish: since then nobody can be sure what runs. */
  readonly doubt?: string;
}

/** One page that a rung decided to send. `to` is an address, a Slack user or conversation id, or a service's name. */
export interface PlannedPage {
  readonly person: string | undefined;
  /** The person's or the group's name, for reading. */
  readonly name: string;
  readonly by: PageMeans;
  readonly to: readonly string[];
  /** The account that PagerDuty is to call, on a service of its own; left out: its escalation policy says whom. */
  readonly rings?: { readonly service: string; readonly user: string };
}

/** How far an operation is, as far as the incident cares. */
/** `held`: between two steps, until production is no longer frozen. */
export type OperationProgress =
  'open' | 'running' | 'held' | 'done' | 'failed' | 'stopped' | 'unknown' | 'closed';

export const clockNames = ['acknowledge_within', 'rollback_start_within', 'resolve_within'] as const;
export type ClockName = (typeof clockNames)[number];

/** What can happen to an incident. These are the timeline and the post-mortem. */
export type IncidentEvent =
  | {
      readonly type: 'incident.opened';
      readonly title: string;
      readonly severity: Severity;
      readonly service: string;
      readonly serviceTitle: string;
      readonly app: string;
      readonly channel: string;
      /** The Slack conversation of its card, and the one for emergencies. */
      readonly conversation: string;
      readonly emergency: string;
      readonly rotation: string;
      /** Whose INC-1 it is, for systems that remember another store's; events of earlier versions do not say. */
      readonly storeId?: string;
      /** What to do when this service is ill, for alerts that name no runbook of their own. */
      readonly runbook?: string | undefined;
      readonly clocks: Clocks;
      readonly ladder: Ladder;
      /** SHA-256 of the policy files this was copied from. */
      readonly policies: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'alert.fired';
      readonly fingerprint: string;
      /** What it says of its place, as a digest (`source.ts`); events of earlier versions do not say. */
      readonly place?: string;
      readonly title: string;
      readonly summary: string;
      readonly severity: Severity;
      readonly version: string | undefined;
      readonly url: string | undefined;
      readonly dashboard?: string | undefined;
      readonly runbook?: string | undefined;
      readonly startsAt: Instant | undefined;
      /** What routing had to guess, if anything. */
      readonly note: string | undefined;
    }
  | { readonly type: 'alert.resolved'; readonly fingerprint: string; readonly title: string }
  | { readonly type: 'alerts.cleared' }
  /** An alert said how bad it is in a word that no rule of the policy knows. */
  | { readonly type: 'severity.unknown'; readonly word: string; readonly takenAs: Severity }
  | { readonly type: 'suspect.named'; readonly suspect: Suspect | undefined }
  | {
      readonly type: 'severity.changed';
      /** The worst it was before somebody who is no lead lowered it, where that still freezes promotions. */
      readonly was?: Severity | undefined;
      readonly from: Severity;
      readonly to: Severity;
      readonly reason: string;
      /** What it is called from here on: the alert that has made it worse, or that fires now. Left out: as before. */
      readonly title?: string;
      /** All that fired before has long been over: it is as bad as what fires now, and its ladder begins anew. */
      readonly anew?: true;
      readonly clocks: Clocks;
      readonly ladder: Ladder;
    }
  | {
      readonly type: 'rung.fired';
      /** 1 is the first; the ladder's length + 1 is the call of last resort. */
      readonly rung: number;
      readonly of: number;
      /** 1 for the first time through. */
      readonly round: number;
      readonly pages: readonly PlannedPage[];
      /** When it was due, if that was a while ago. */
      readonly dueAt: Instant | undefined;
      /** The last call once more, since it reached nobody. */
      readonly again?: true;
    }
  | { readonly type: 'rung.empty'; readonly rung: number; readonly of: number; readonly round: number }
  | {
      readonly type: 'ladder.ended';
      readonly round: number;
      readonly next: 'repeat' | 'every';
      readonly every: Milliseconds;
    }
  | {
      readonly type: 'page.delivered';
      readonly page: string;
      readonly name: string;
      readonly means: PageMeans;
      readonly receipt: Receipt;
      /** Whom it called by a direct message, which is told in place when somebody has it. */
      readonly person?: string;
      /** That was written before the card was there, and does not lead to it. */
      readonly withoutCard?: true;
      /**
       * The account that PagerDuty calls for it, the key of the page there, and in whose name that was asked. Without the
       * account, an event may have gone out besides.
       */
      readonly pagerduty?: {
        readonly key: string;
        readonly user?: string;
        readonly self: string | undefined;
      };
      /** What was done otherwise than the ladder says, in words. */
      readonly note?: string;
    }
  | {
      readonly type: 'page.failed';
      readonly page: string;
      readonly name: string;
      readonly means: PageMeans;
      readonly certain: boolean;
      readonly why: string;
    }
  | {
      readonly type: 'page.withheld';
      readonly page: string;
      readonly name: string;
      readonly means: PageMeans;
      readonly why: string;
      /** All alerts had resolved, and nobody had it; events of earlier versions do not say. */
      readonly cleared?: true;
    }
  | {
      readonly type: 'incident.acknowledged';
      readonly name: string;
      /** Who had it until then. */
      readonly from?: Mentioned;
    }
  /** Something that happened to one of its pages in PagerDuty, in words. */
  | {
      readonly type: 'pagerduty.noted';
      readonly text: string;
      /** What rang there rings no more. */
      readonly silenced?: true;
    }
  | {
      readonly type: 'acknowledgement.expired';
      readonly name: string;
      readonly after: Milliseconds;
      /** An alert that it was not meant for, and for how long none had fired, if none did. Left out: there was silence. */
      readonly news?: { readonly title: string; readonly rested?: Milliseconds };
    }
  | { readonly type: 'clock.missed'; readonly clock: ClockName; readonly limit: Milliseconds }
  | ({ readonly type: 'timers.late'; readonly steps: number } & Outage)
  | {
      readonly type: 'clock.set-back';
      readonly back: Milliseconds;
      /** The last time by the clock of before. */
      readonly since?: Instant;
      /** What was set then stays. Left out: nothing does. */
      readonly right?: RightTimes;
    }
  | {
      readonly type: 'records.restored';
      readonly from: Instant;
      /** Whose INC-1 it is from here on; events of earlier versions do not say. */
      readonly storeId?: string;
    }
  | {
      readonly type: 'operation.noted';
      readonly operation: string;
      readonly progress: OperationProgress;
      readonly text: string;
      /** The text also belongs where everybody sees it. */
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
  | { readonly type: 'incident.resolved'; readonly name: string; readonly reason: string }
  | { readonly type: 'card.posted'; readonly conversation: string; readonly ts: string }
  /** Slack does not take the card: somebody has to see to it, and meanwhile people have to know. */
  | { readonly type: 'card.failed'; readonly why: string }
  | Refusal;
