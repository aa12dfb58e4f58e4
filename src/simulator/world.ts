import type { Actor } from '../core/actor.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Incident } from '../core/incident/state.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { StreamName } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import type { InboxItem } from '../store/store.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import type { Database } from './model-database.ts';
import type { Send } from './network.ts';
import type { Production } from './production.ts';
import type { Trace } from './trace.ts';

/** What the outside knows that it did, to be compared with what became of it. */
export interface Ledger {
  /** Inbox items whose senders were told that they were taken. */
  readonly acknowledged: Set<string>;
  /** Webhooks that were taken and not stored, and how many inbox items there were when each came. */
  readonly repeats: { readonly behind: number; readonly item: InboxItem }[];
  /** What people said about an operation, and which plan they meant, from before it was sent. */
  readonly votes: { readonly person: string; readonly operation: string; readonly hash: string }[];
  /** Versions that anybody ever truthfully said are live on a channel. */
  readonly told: Set<string>;
  /** Deployments of which nobody has been told yet: how many of each channel. */
  readonly untold: Map<string, number>;
  /** What API requests were answered, by their keys. */
  readonly answers: Map<string, string>;
}

/** What lives outside sees of the world. */
export interface World {
  readonly agenda: Agenda;
  readonly dice: Dice;
  readonly trace: Trace;
  readonly send: Send;
  /** What people see in Slack is drawn from it. */
  readonly database: Database;
  readonly production: Production;
  readonly ledger: Ledger;
  /** The time of day out there: nobody sets it. */
  readonly now: () => Instant;
  readonly policies: () => Policies;
  readonly setPolicies: (policies: Policies) => void;
  readonly isOver: () => boolean;
}

export function createLedger(): Ledger {
  return {
    acknowledged: new Set(),
    repeats: [],
    votes: [],
    told: new Set(),
    untold: new Map(),
    answers: new Map(),
  };
}

export function statesOf(database: Database, kind: 'incident', openOnly?: boolean): readonly Incident[];
export function statesOf(database: Database, kind: 'operation', openOnly?: boolean): readonly Operation[];
export function statesOf(database: Database, kind: 'channel', openOnly?: boolean): readonly Channel[];
export function statesOf(database: Database, kind: StreamName, openOnly = false): readonly unknown[] {
  return [...database.streams.values()]
    .filter((stream) => stream.kind === kind && (!openOnly || stream.alias !== undefined))
    .map(({ state }) => JSON.parse(state) as unknown);
}

/** As the API knows them by their tokens. */
export function personOf({ roster }: Policies, person: string): Actor {
  const { name = person, roles = [] } = roster.people[person] ?? {};
  return { kind: 'person', person, account: `token ${person}`, name, roles, via: 'api' };
}
