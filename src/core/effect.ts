import type { Answer } from './answer.ts';
import type { Link } from './incident/links.ts';
import type { Severity } from './severity.ts';
import type { Instant, Milliseconds } from './time.ts';

/** How a person can be reached. */
export const pageMeans = ['pagerduty', 'mail', 'slack'] as const;
export type PageMeans = (typeof pageMeans)[number];

/**
 * Where an answer goes. `url` is Slack's `response_url`, and only the person who asked sees it; `thread` is the `ts` of a
 * message by which a program reported something: its thread is told what was wrong with it, and nothing when all is well.
 */
export type ReplyTo = { readonly url: string } | { readonly conversation: string; readonly thread: string };

/**
 * One thing to do outside. It is decided once and stored beside the event that caused it, under
 * `<stream>/<seq>.<n>`; behind the store's id, that is its idempotency key everywhere.
 */
export type Effect =
  | {
      readonly type: 'page.pagerduty';
      readonly action: 'trigger' | 'acknowledge' | 'resolve';
      /** At most 255 characters; one key a rung, so that every escalation rings again, or one for all that `named` calls. */
      readonly dedupKey: string;
      /**
       * Accounts that PagerDuty is to call, on one of its services; left out: its escalation policy says whom. For
       * acknowledge and resolve, those for whom an event may have gone out instead.
       */
      readonly named?: { readonly service: string; readonly users: readonly string[] };
      readonly severity: Severity;
      readonly summary: string;
      readonly service: string;
      /** The roster key of the person being paged; undefined for acknowledge and resolve. */
      readonly person: string | undefined;
      /** What may have done it and what to type, by their names there; only with a trigger. */
      readonly details?: Readonly<Record<string, string>>;
      readonly links?: readonly Link[];
    }
  | {
      readonly type: 'page.mail';
      readonly person: string | undefined;
      readonly to: readonly string[];
      readonly subject: string;
      readonly text: string;
      readonly severity: Severity;
    }
  | {
      /** A direct message to a person (`to` is a Slack user id), or a shout in a conversation. */
      readonly type: 'page.slack';
      readonly person: string | undefined;
      readonly to: string;
      readonly text: string;
      /** What a shout says below that. */
      readonly lines?: readonly string[];
      /** What a person whom it calls may type to go back: `/rollback stable 1.4.2 <reason>`. */
      readonly goBack?: string;
      readonly severity: Severity;
    }
  /** Post the stream's live card, or bring it up to date. Drawn from the state at the moment of sending. */
  | {
      readonly type: 'slack.card';
      readonly conversation: string;
      /** Which one, where a stream has several. */
      readonly card?: string;
      /** As on a page: for the message by which it called somebody. */
      readonly goBack?: string;
      readonly severity: Severity | undefined;
    }
  /** One line of the timeline in the thread under the stream's card. `at` is when it happened, for one that comes late. */
  | {
      readonly type: 'slack.thread';
      readonly conversation: string;
      /** Under which card, where a stream has several. */
      readonly card?: string;
      readonly text: string;
      /** Whom it concerns so much that it notifies them, by their Slack id. */
      readonly rings?: { readonly slack: string | undefined; readonly name: string };
      readonly broadcast: boolean;
      readonly at?: Instant;
      readonly severity: Severity | undefined;
    }
  /** The post-mortem, posted into the thread. Drawn from the state and the events at the moment of sending. */
  | { readonly type: 'slack.postmortem'; readonly conversation: string }
  | { readonly type: 'slack.reply'; readonly reply: ReplyTo; readonly answer: Answer }
  /** Carry out one step of an approved operation. The plan is in the operation's state. */
  | { readonly type: 'step.run'; readonly step: number; readonly deadline: Milliseconds }
  /** Write the channel registry file anew. */
  | { readonly type: 'registry.publish' };

export type EffectType = Effect['type'];
export type EffectOf<Type extends EffectType> = Extract<Effect, { type: Type }>;

/** An effect that calls somebody; `page.` is what makes it one. */
export type PageEffect = Extract<Effect, { type: `page.${PageMeans}` }>;

export function meansOf({ type }: PageEffect): PageMeans {
  return type.slice('page.'.length) as PageMeans;
}

export function isPage(effect: Effect): effect is PageEffect {
  return pageMeans.some((means) => effect.type === `page.${means}`);
}

/** What the other side answered, for the timeline: `{ts: '…'}`, `{dedup_key: '…'}`, `{message_id: '…'}`. */
export type Receipt = Readonly<Record<string, string>>;

/** How carrying out an effect went. An adapter's failure says whether trying again can help. */
export type Outcome =
  | {
      readonly status: 'done';
      readonly receipt: Receipt;
      /** What was done otherwise than was asked, in words for the timeline. */
      readonly note?: string;
    }
  /** Under way elsewhere: ask again after so long. */
  | { readonly status: 'running'; readonly receipt: Receipt; readonly again: Milliseconds }
  | {
      readonly status: 'retry';
      readonly why: string;
      /** What the other side asked for (Retry-After), at least. */
      readonly after?: Milliseconds;
      /** It is well, and said when to come again: no failure, after which one would wait longer each time. */
      readonly putOff?: true;
      /** The attempt may have taken effect although its answer was lost. */
      readonly mayHaveHappened: boolean;
    }
  | {
      readonly status: 'failed';
      readonly why: string;
      readonly receipt?: Receipt;
      /** Of a step: certain that it has changed nothing out there. */
      readonly begun?: false;
    }
  /** Nobody can know. Never tried again by itself; a person decides. */
  | { readonly status: 'unknown'; readonly why: string; readonly receipt?: Receipt }
  /** Not sent, because it was no longer wanted when its turn came. */
  | {
      readonly status: 'withheld';
      readonly why: string;
      /** Production is frozen: the step has certainly not begun, and may later. */
      readonly frozen?: true;
    };

/** An outcome after which the effect is not tried again. */
export type Settled = Exclude<Outcome, { status: 'running' | 'retry' }>;

/** The intent by which a settled effect comes back to its stream. */
export interface EffectSettled {
  readonly type: 'effect.settled';
  readonly id: string;
  readonly effect: Effect;
  readonly outcome: Settled;
}

/** The intent by which an effect that takes long says how far it is. */
export interface EffectProgressed {
  readonly type: 'effect.progressed';
  readonly id: string;
  readonly effect: Effect;
  readonly receipt: Receipt;
}

/**
 * Effects of one lane go out one after another, in order; lanes do not wait for each other, so that a dead Slack
 * holds up no page.
 */
export function laneOf(id: string, stream: string, effect: Effect): string {
  switch (effect.type) {
    case 'page.pagerduty':
      return `pagerduty ${stream} ${effect.dedupKey}`;
    case 'slack.card':
      return `card ${stream}${effect.card === undefined ? '' : ` ${effect.card}`}`;
    case 'slack.thread':
      return `thread ${stream}${effect.card === undefined ? '' : ` ${effect.card}`}`;
    case 'slack.postmortem':
      return `thread ${stream}`;
    case 'step.run':
      return `steps ${stream}`;
    case 'registry.publish':
      return 'registry';
    case 'page.mail':
    case 'page.slack':
    case 'slack.reply':
      return id;
    default:
      return effect satisfies never;
  }
}

/** The lowest goes first: a P0's page overtakes a P3's, and a page overtakes a line in a thread. */
export function priorityOf(effect: Effect): number {
  switch (effect.type) {
    case 'page.pagerduty':
      // Calling somebody goes before saying that somebody came.
      return effect.action === 'trigger' ? Number(effect.severity.slice(1)) : 4;
    case 'page.mail':
    case 'page.slack':
      return Number(effect.severity.slice(1));
    // There are few, and places that are kept for them: what is looked for first must not be pages alone.
    case 'step.run':
      return -1;
    case 'slack.reply':
      return 1;
    case 'slack.card':
    case 'slack.thread':
      return 4 + (effect.severity ? Number(effect.severity.slice(1)) : 2);
    case 'slack.postmortem':
    case 'registry.publish':
      return 6;
    default:
      return effect satisfies never;
  }
}

const minute = 60_000;

/** How long an effect is worth trying. A page that is older than this is reported instead of sent. */
export function worthTryingFor(effect: Effect): Milliseconds {
  switch (effect.type) {
    case 'page.pagerduty':
    case 'page.mail':
    case 'page.slack':
      return 60 * minute;
    case 'step.run':
      return effect.deadline;
    case 'slack.reply':
      // Slack accepts a response_url for 30 minutes.
      return 30 * minute;
    case 'slack.card':
    case 'slack.thread':
    case 'slack.postmortem':
    case 'registry.publish':
      return 24 * 60 * minute;
    default:
      return effect satisfies never;
  }
}

/** An effect handed to the adapter that carries it out. */
export interface Errand<Type extends EffectType = EffectType> {
  /** The idempotency key: `<store>/<stream>/<seq>.<n>`. */
  readonly id: string;
  readonly stream: string;
  readonly effect: EffectOf<Type>;
  /** The stream's state, read a moment ago. */
  readonly state: unknown;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** An earlier attempt may have taken effect: look before repeating. */
  readonly mayHaveHappened: boolean;
  /** What earlier attempts learned (a run's id, say). */
  readonly receipt: Receipt;
  readonly now: Instant;
  /** Its deadline is over: look what became of it, begin nothing. */
  readonly overdue: boolean;
  /** Why nothing may begin at this moment, read from the store: asked again right before a step does. */
  readonly frozen?: () => Promise<string | undefined>;
  /** False when this process was suspended for so long that another may have taken this over: nothing may begin. */
  readonly isOurs?: () => boolean;
  /** Aborts when this attempt's own deadline has passed. */
  readonly signal: AbortSignal;
}

/** An adapter that carries out effects of some types. Throwing is for bugs; what went wrong outside is an outcome. */
export interface Carrier<Type extends EffectType = EffectType> {
  readonly types: readonly Type[];
  carry(errand: Errand<Type>): Promise<Outcome>;
}

/** A carrier of any one type: what a list of carriers holds. */
export type AnyCarrier = { readonly [Type in EffectType]: Carrier<Type> }[EffectType];
