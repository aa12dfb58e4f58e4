import type { Actor } from '../actor.ts';
import { withRefusal, type Refusals } from '../refusals.ts';
import { noteCard, type NamedCards } from '../settle-card.ts';
import type { Recorded, StreamId } from '../stream.ts';
import { sayDate, type Instant, type Milliseconds } from '../time.ts';
import type { FreezeEvent } from './event.ts';

/** There is one switch for everything that Lastgood can do to production, so that nobody has to choose. */
export const freezeId = 'freeze:production';
export const freezeAddress = { kind: 'freeze', id: freezeId } as const;

/** What people type to lift it. */
export const liftCommand = '/lastgood unfreeze <reason>';

/** What somebody said an hour ago was said about another hour. */
export const confirmationCounts: Milliseconds = 60 * 60_000;

/** An operation that knows of the freeze. `ready`: it begins, or goes on, by itself as soon as that is lifted. */
export interface Waiting {
  readonly operation: StreamId;
  /** `roll back shop/stable from 1.5.0 to 1.4.2` */
  readonly what: string;
  readonly ready: boolean;
}

/** One time that production was frozen. */
export interface Freeze {
  /** The number of the event that began it, by which its card is known. */
  readonly id: number;
  readonly since: Instant;
  readonly name: string;
  readonly reason: string;
  /** Who wanted it to stay, when others had begun to lift it. */
  readonly again?: { readonly name: string; readonly reason: string; readonly at: Instant };
  readonly confirmations: readonly { readonly by: Actor; readonly name: string; readonly at: Instant }[];
  /** Who may confirm as things were when somebody last said something. */
  readonly lifters: readonly string[];
  readonly waiting: readonly Waiting[];
  readonly lifted?: { readonly at: Instant; readonly names: readonly string[] };
}

/** The switch and what was last done with it. */
export interface FreezeSwitch {
  readonly last?: Freeze;
  /** Where the card of each freeze stands. */
  readonly cards?: NamedCards;
  readonly refusals?: Refusals;
}

/** @returns the freeze that nobody has lifted; the state is as stored, and undefined where nobody ever froze anything */
export function inForce(state: FreezeSwitch | undefined): Freeze | undefined {
  return state?.last?.lifted === undefined ? state?.last : undefined;
}

export function freezeCardName({ id }: Pick<Freeze, 'id'>): string {
  return `freeze ${id}`;
}

/** Confirmations that still count at a moment. */
export function confirmed({ confirmations }: Freeze, now: Instant): Freeze['confirmations'] {
  return confirmations.filter(({ at }) => now - at < confirmationCounts);
}

/** `Production is frozen since 2026-11-22 03:02 UTC by Ana Ruiz: deploys go wrong` */
export function sayFreeze({ since, name, reason }: Pick<Freeze, 'since' | 'name' | 'reason'>): string {
  return `Production is frozen since ${sayDate(since)} by ${name}: ${reason}`;
}

export function evolveFreeze(state: FreezeSwitch = {}, event: Recorded<FreezeEvent>): FreezeSwitch {
  if (event.type === 'request.refused')
    return { ...state, refusals: withRefusal(state.refusals, event.by, event.at) };
  if (event.type === 'card.posted' || event.type === 'card.failed')
    return { ...state, cards: noteCard(state.cards, event) };
  const { last } = state;
  if (event.type === 'production.frozen' && event.again === undefined) {
    const { seq: id, at: since, name, reason, lifters, waiting } = event;
    const fresh: Freeze = { id, since, name, reason, lifters, waiting, confirmations: [] };
    return { ...state, last: fresh };
  }
  if (!last) throw new Error(`${freezeId}: ${event.type} before production.frozen`);
  const others = (operation: StreamId): readonly Waiting[] =>
    last.waiting.filter((each) => each.operation !== operation);
  const changed = (change: Partial<Freeze>): FreezeSwitch => ({ ...state, last: { ...last, ...change } });
  switch (event.type) {
    case 'production.frozen': {
      const { name, reason, at, lifters } = event;
      return changed({ again: { name, reason, at }, confirmations: [], lifters });
    }
    case 'lift.confirmed': {
      const { by, name, at, left: lifters } = event;
      return changed({ confirmations: [...confirmed(last, at), { by, name, at }], lifters });
    }
    case 'production.thawed':
      return changed({ lifted: { at: event.at, names: event.names } });
    case 'freeze.holds': {
      const { operation, what, ready } = event;
      return changed({ waiting: [...others(operation), { operation, what, ready }] });
    }
    case 'freeze.lets-go':
      return changed({ waiting: others(event.operation) });
    default:
      return event satisfies never;
  }
}
