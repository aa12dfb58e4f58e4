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
  /** What a release bot can find out about a version. */
  findings(): readonly Finding[];
  api(): Api;
  /** The first one first; the others are for whoever wants to go on. */
  tours(): readonly Tour[];

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
  /** Presses a button in PagerDuty, with this person's account there. */
  pressPage(as: string, key: string, action: 'acknowledge' | 'resolve'): Promise<void>;
  /** The release bot says how a version does, over HTTP or by a message in Slack; returns what it was answered. */
  reportHealth(report: HealthReport): Promise<string>;
  /** A deploy tool says which version is on a channel; returns what it was answered. */
  reportDeployment(channel: string, version: string): Promise<string>;
  /** Somebody else than the bot writes a version into the registry file. */
  editRegistry(channel: string, version: string): Promise<void>;
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
  /** Has an account at PagerDuty, and so may press its buttons. */
  readonly hasPager: boolean;
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
  /** What release bots last said of the version that runs there. */
  readonly health?: ChannelHealth | undefined;
  /** Who says otherwise than the bot's records, in a sentence each; somebody has to decide. */
  readonly drifts: readonly string[];
  /** Where its version may go next. */
  readonly promotions: readonly Promotion[];
  /** Versions worth trying in what is reported or written about it. */
  readonly suggested: {
    readonly health: string;
    readonly deployment: string;
    readonly registry: string;
  };
  /** The conversation with its cards. */
  readonly conversation: string;
  readonly history: readonly {
    readonly at: number;
    readonly version: string;
    /** `imported`, `set by Ana`, `rolled back by Ana` */
    readonly cause: string;
    readonly reason?: string | undefined;
  }[];
}

export interface ChannelHealth {
  readonly version: string;
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly sessions: number;
  /** Why it does not pass. */
  readonly reasons: readonly string[];
  /** Its reports as a chart of one line, what that shows, and where it begins and ends. */
  readonly trend?: { readonly about: string; readonly line: string; readonly ends: string } | undefined;
}

export interface Promotion {
  readonly version: string;
  /** The short name of the channel that would get it. */
  readonly to: string;
  /** What to type. */
  readonly line: string;
  /** Why there is nothing to do, where that is certain. */
  readonly pointless?: string | undefined;
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

export interface Finding {
  readonly name: string;
  readonly title: string;
}

export interface HealthReport {
  readonly channel: string;
  readonly version: string;
  readonly finding: string;
  readonly by: 'http' | 'slack';
}

/** How other programs get at the bot. */
export interface Api {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Whom the token stands for. */
  readonly person: string;
}

export interface Tour {
  readonly name: string;
  readonly steps: readonly Step[];
  /** What to say when every step is done. */
  readonly end: { readonly title: string; readonly hint: string };
}

/** One step of a tour; the first that is not done is the current one. */
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
  /** Leads to the last button whose label begins with `press`, and leaves the pressing to the visitor. */
  | { readonly does: 'show'; readonly as: string; readonly conversation: string; readonly press: string }
  /** Fills in the release bot's form; `what` is the name of a finding, or `deployment`. */
  | {
      readonly does: 'report';
      readonly as: string;
      readonly conversation: string;
      readonly what: string;
      readonly channel: string;
      readonly version: string;
    };
