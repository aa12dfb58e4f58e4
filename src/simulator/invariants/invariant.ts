import type { Errand } from '../../core/effect.ts';
import type { Instant } from '../../core/time.ts';
import type { Commit, Database } from '../model-database.ts';
import type { Process } from '../process.ts';
import type { Production, Work } from '../production.ts';
import type { Ledger } from '../world.ts';

/** All that is known of a run: what is stored, what really happened, and what the outside did. */
export interface Facts {
  readonly database: Database;
  readonly production: Production;
  readonly ledger: Ledger;
  /** By the clock of the database. */
  readonly now: () => Instant;
  /** It was wrong at some time: what others told meanwhile may have looked older or newer than it was. */
  readonly clockWasSet: () => boolean;
}

/** What an invariant wants to see. */
export interface Watch {
  /** Something has just become durable, and nobody has done anything since. */
  readonly committed?: (commit: Commit) => void;
  /** A process is about to carry an effect out. */
  readonly setsOut?: (process: Process, errand: Errand) => void;
  /** Something begins to change production. */
  readonly begins?: (process: Process, work: Work) => void;
  /** All has been well for a while, and nobody has asked for anything. */
  readonly atRest?: () => void | Promise<void>;
}

/** Something that must hold at every moment of every run. */
export interface Invariant {
  readonly name: string;
  readonly watch: (facts: Facts, broken: (how: string) => void) => Watch;
}
