import { laneOf, priorityOf, worthTryingFor, type Effect } from '../core/effect.ts';
import type { Envelope, Unmoved } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { AnyEvent, Happened } from '../core/reply.ts';
import type { Address, Recorded, StreamId, StreamName } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import type { NewOutboxRow, StoredEvent, Transaction } from '../store/store.ts';
import { idPrefix, kindOf } from './kinds.ts';
import { atOnce, type Pace } from './pace.ts';

/** A tell that answers a tell that answers … is a bug; this many in one transaction, and for each intent, end it. */
const mostMessages = 1_000;
const mostForEach = 10;

/** A stream that this transaction has read, and may change. */
interface Draft {
  readonly id: StreamId;
  readonly kind: StreamName;
  readonly expected: number;
  version: number;
  state: unknown;
  /** By which it is found among the drafts. */
  alias: string | undefined;
  readonly events: StoredEvent[];
  readonly effects: NewOutboxRow[];
}

interface Drafts {
  readonly byId: Map<StreamId, Draft>;
  readonly byAlias: Map<string, Draft>;
}

export interface Decided {
  readonly happened: readonly Happened[];
  /** The effects of that, which the outbox has now. */
  readonly added: readonly NewOutboxRow[];
  readonly unmoved: ReadonlyMap<Envelope, Unmoved>;
}

/**
 * Decides intents and everything they tell other streams, and writes it all: events, states, wake-ups, effects.
 * All in the caller's transaction, so that it happens whole or not at all.
 */
export async function decideAll(
  transaction: Transaction,
  envelopes: readonly Envelope[],
  policies: Policies,
  storeId: string,
  earliest: Pace['earliest'] = atOnce,
): Promise<Decided> {
  const drafts: Drafts = { byId: new Map(), byAlias: new Map() };
  let nextOperation: StreamId | undefined;
  const idle = new Map<Envelope, Draft>();
  const happened: Happened[] = [];
  const queue = [...envelopes];
  const most = mostMessages + mostForEach * envelopes.length;
  for (let handled = 0; queue.length > 0; handled += 1) {
    if (handled >= most) throw new Error('streams keep telling each other things; giving up');
    const envelope = queue.shift();
    if (!envelope) break;
    const draft = await open(transaction, drafts, envelope.to);
    if (!draft) continue;
    const kind = kindOf(draft.kind);
    const { at, by } = envelope;
    // Only what is asked of a channel may open an operation, and asking the store costs.
    if (draft.kind === 'channel')
      nextOperation ??= `${idPrefix.operation}${await transaction.nextNumber('operation')}`;
    const context = { policies, id: draft.id, nextOperation: nextOperation ?? '', storeId };
    const decision = kind.decide(draft.state, { at, by, intent: envelope.intent }, context);
    if (decision.events.length > 0 && draft.version === 0) {
      await useNumber(transaction, draft);
      if (draft.kind === 'operation') nextOperation = undefined;
    }
    for (const event of decision.events) {
      const recorded: Recorded<AnyEvent> = { ...event, seq: draft.version + 1, at, by };
      draft.version = recorded.seq;
      draft.state = kind.evolve(draft.state, recorded, draft.id);
      draft.events.push({ stream: draft.id, seq: recorded.seq, at, by, type: event.type, data: event });
      const effects = kind.effects(draft.state, recorded, policies);
      draft.effects.push(...outboxRows(draft.id, recorded, effects, earliest));
      happened.push({ stream: draft.id, event: recorded });
    }
    // What is stored is read once, also where nothing happens to it: in a storm most of what comes says nothing new.
    if (draft.version > 0) keep(drafts, draft);
    if (decision.events.length === 0 && decision.tells.length === 0) idle.set(envelope, draft);
    // What it tells others comes before anything else, so that the next envelope finds everything as it will be.
    queue.unshift(
      ...decision.tells.map((tell) => ({ to: tell.to, at, by: tell.by ?? by, intent: tell.intent })),
    );
  }
  // An alias is given up before another stream takes it.
  const changed = [...drafts.byId.values()].filter(({ events }) => events.length > 0);
  const aliasLast = changed.toSorted((a, b) => Number(hasAlias(a)) - Number(hasAlias(b)));
  for (const draft of aliasLast) await write(transaction, draft);
  const added = aliasLast.flatMap(({ effects }) => effects);
  return { happened, added, unmoved: unmovedBy(idle, transaction) };
}

function unmovedBy(
  idle: ReadonlyMap<Envelope, Draft>,
  transaction: Transaction,
): ReadonlyMap<Envelope, Unmoved> {
  const unmoved = new Map<Envelope, Unmoved>();
  for (const [envelope, { id, kind, state, version, events }] of idle) {
    const end = version > 0 && events.length === 0 ? transaction.endOf(id) : undefined;
    if (end) unmoved.set(envelope, { ...end, wakeAt: kindOf(kind).wakeAt(state) });
  }
  return unmoved;
}

/** The stream an address means: as this transaction has changed it so far, as stored, or new. */
async function open(transaction: Transaction, drafts: Drafts, to: Address): Promise<Draft | undefined> {
  const drafted = 'id' in to ? drafts.byId.get(to.id) : drafts.byAlias.get(aliasKey(to.kind, to.alias));
  if (drafted) return drafted;
  const stored = await ('id' in to
    ? transaction.stream(to.id)
    : transaction.streamByAlias(to.kind, to.alias));
  if (stored && !drafts.byId.has(stored.id)) {
    const { id, version, state } = stored;
    return draftAt(id, to.kind, version, state);
  }
  // A stored stream that is drafted under another alias by now has given this one up.
  if ('alias' in to && !to.open) return undefined;
  const id = 'id' in to ? to.id : `${idPrefix[to.kind]}${await transaction.nextNumber(to.kind)}`;
  return draftAt(id, to.kind, 0, undefined);
}

function draftAt(id: StreamId, kind: StreamName, version: number, state: unknown): Draft {
  return { id, kind, expected: version, version, state, alias: undefined, events: [], effects: [] };
}

/** Whoever is addressed by an alias finds the stream that has it now, as it will be stored. */
function keep({ byId, byAlias }: Drafts, draft: Draft): void {
  byId.set(draft.id, draft);
  const { kind, alias: before } = draft;
  draft.alias = kindOf(kind).alias(draft.state);
  if (before !== undefined && before !== draft.alias) byAlias.delete(aliasKey(kind, before));
  if (draft.alias !== undefined) byAlias.set(aliasKey(kind, draft.alias), draft);
}

function aliasKey(kind: StreamName, alias: string): string {
  return `${kind} ${alias}`;
}

function hasAlias({ kind, state }: Draft): boolean {
  return kindOf(kind).alias(state) !== undefined;
}

async function useNumber(transaction: Transaction, { id, kind }: Draft): Promise<void> {
  if (kind === 'incident' || kind === 'operation')
    await transaction.useNumber(kind, Number(id.slice(idPrefix[kind].length)));
}

async function write(transaction: Transaction, draft: Draft): Promise<void> {
  const { id, kind, expected, state, events, effects } = draft;
  const { wakeAt, alias, rank } = kindOf(kind);
  const found = { wakeAt: wakeAt(state), alias: alias(state), rank: rank(state) };
  await transaction.write({ id, kind, expected, state, ...found, events });
  await transaction.enqueue(effects);
}

function outboxRows(
  stream: StreamId,
  event: { readonly seq: number; readonly at: Instant },
  effects: readonly Effect[],
  earliest: Pace['earliest'],
): readonly NewOutboxRow[] {
  return effects.map((effect, index) =>
    outboxRow(`${stream}/${event.seq}.${index}`, stream, event.at, effect, earliest),
  );
}

export function outboxRow(
  id: string,
  stream: StreamId | undefined,
  at: Instant,
  effect: Effect,
  earliest = atOnce,
): NewOutboxRow {
  const lane = laneOf(id, stream ?? id, effect);
  return {
    id,
    stream,
    lane,
    priority: priorityOf(effect),
    createdAt: at,
    dueAt: earliest(effect, lane, at),
    deadlineAt: at + worthTryingFor(effect),
    effect,
  };
}
