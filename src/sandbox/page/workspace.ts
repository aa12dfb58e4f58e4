import type { Block } from '../neighbours/block-kit.ts';

/**
 * Everything that the page knows of the world behind it: one running bot and its emulated neighbours. Times are
 * milliseconds since 1970 in the sandbox's own clock, lists are oldest first unless they say otherwise, and whatever
 * is returned is a copy that may be sent as JSON.
 */
export interface Workspace {
  /** Whom a visitor can be. */
  people(): readonly Person[];
  /** What this person sees in the rail, direct messages last. */
  conversations(as: string): readonly Conversation[];
  /** Everything this person sees there: replies in threads and answers to this person alone included. */
  messages(as: string, conversation: string): readonly Message[];
  /** The command lines that the box completes, with the words that are possible at this moment. */
  commands(): readonly CommandLine[];
  mails(): readonly Mail[];
  pages(): readonly Page[];
  channels(): readonly ReleaseChannel[];
  runs(): readonly Run[];
  releases(): readonly Release[];
  clock(): Clock;
  /** What can be fired from the page. */
  alerts(): readonly Alert[];
  switches(): readonly Switch[];
  guide(): readonly Step[];

  /** Sends what was typed: a line that begins with `/` is a command, anything else a post, in a thread if one is named. */
  run(as: string, conversation: string, text: string, thread?: string): Promise<void>;
  /** Presses a button of a message; throws a `Refused` when this person sees no such button any more. */
  click(as: string, conversation: string, ts: string, button: Pressed): Promise<void>;
  fire(alert: string): Promise<void>;
  /** Moves the clock forward, and returns when everything that was due has been started. */
  advance(milliseconds: number): Promise<void>;
  /** Moves the clock to the next thing that waits for it; does nothing when nothing does. */
  advanceToNextWake(): Promise<void>;
  turn(name: string, to: string): Promise<void>;
  /** Ends this world and begins another; afterwards the page asks for the new workspace. */
  startOver(): Promise<void>;
  /** Called after every change, a move of the clock included, possibly often in a row; the returned function stops it. */
  onChange(listener: () => void): () => void;
}

/** What a visitor asked for is not possible; the message says why, and is shown to that visitor. */
export class Refused extends Error {}

export interface Person {
  readonly id: string;
  readonly name: string;
  /** In a few words: `on call`, `approver`, `guest`. */
  readonly role: string;
  readonly isBot: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'direct';
  /** What it is for, in a sentence. */
  readonly about: string;
  /** How many messages this person sees there, so that a browser can count those it has not shown. */
  readonly messages: number;
}

export interface Message {
  /** Slack's `ts`: seconds, a dot, a counter. */
  readonly ts: string;
  readonly from: { readonly id: string; readonly name: string; readonly isBot: boolean };
  /** Slack's mrkdwn; shown when there are no blocks. */
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The `ts` of the message that began the thread; absent on that one itself. */
  readonly thread?: string;
  readonly edited: boolean;
  readonly onlyVisibleToYou: boolean;
}

export interface Pressed {
  readonly actionId: string;
  readonly value?: string | undefined;
}

/** One verb as it is typed: `/incident ack <incident>`. */
export interface CommandLine {
  readonly command: string;
  /** The second word, where the command has several verbs. */
  readonly word?: string | undefined;
  readonly summary: string;
  readonly example: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly required: boolean;
    /** Takes the rest of the line. */
    readonly rest: boolean;
    /** Words that fit, best first; empty where anything goes. */
    readonly choices: readonly string[];
  }[];
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly at: number;
}

/** An alert at PagerDuty. */
export interface Page {
  readonly key: string;
  readonly state: 'triggered' | 'acknowledged' | 'resolved';
  readonly summary: string;
  readonly severity: 'critical' | 'error' | 'warning' | 'info';
  readonly history: readonly { readonly at: number; readonly action: string }[];
}

export interface ReleaseChannel {
  /** `shop/stable` */
  readonly name: string;
  readonly live?: { readonly version: string; readonly since: number } | undefined;
  readonly lastGood?: string | undefined;
  /** What holds the channel at this moment: `OP-7 rolls back to 1.4.2`. */
  readonly lockedBy?: string | undefined;
  readonly history: readonly {
    readonly at: number;
    readonly version: string;
    /** `imported`, `set by Ana`, `rolled back by Ana` */
    readonly cause: string;
    readonly reason?: string | undefined;
  }[];
}

/** A run of a GitHub workflow. */
export interface Run {
  readonly id: number;
  readonly title: string;
  readonly workflow: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly at: number;
  readonly url: string;
}

/** A release at Sentry. */
export interface Release {
  readonly version: string;
  readonly status: 'open' | 'archived';
  readonly deploys: readonly { readonly environment: string; readonly at: number }[];
}

export interface Clock {
  /** It runs as fast as any clock; the page lets it run on by itself between two views. */
  readonly now: number;
  /** What the clock will set off next: `page Dana`. */
  readonly nextWake?: { readonly at: number; readonly what: string } | undefined;
}

export interface Alert {
  readonly name: string;
  readonly title: string;
  /** A line about what it leads to. */
  readonly summary: string;
  readonly severity?: 'P0' | 'P1' | 'P2' | 'P3' | undefined;
}

/** Something in the surroundings that can be set to go well or badly. */
export interface Switch {
  readonly name: string;
  readonly title: string;
  readonly state: string;
  /** The first one is how it should be. */
  readonly states: readonly { readonly value: string; readonly label: string }[];
}

/** One step of the tour; the first that is not done is the current one. */
export interface Step {
  readonly title: string;
  /** What to do and what it will show, in one or two sentences. */
  readonly hint: string;
  readonly done: boolean;
  /** What the step's button does for the visitor. */
  readonly offer?: Offer | undefined;
}

export type Offer =
  | { readonly does: 'fire'; readonly alert: string }
  | { readonly does: 'advance' }
  /** Puts the text into the box, and leaves the sending to the visitor. */
  | { readonly does: 'type'; readonly as: string; readonly conversation: string; readonly text: string }
  | { readonly does: 'show'; readonly as: string; readonly conversation: string };
