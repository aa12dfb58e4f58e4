import type { z } from 'zod';
import type { Instant, Milliseconds } from './time.ts';

/** One step of an approved plan, as an executor gets it. */
export interface StepRun {
  /** `OP-7.1-k3x9w2`: stable over retries and restarts. Goes out as correlation id wherever the other side takes one. */
  readonly id: string;
  readonly operation: string;
  readonly app: string;
  readonly channel: string;
  /** The version that is live, and the one to go to. */
  readonly from: string;
  readonly version: string;
  readonly reason: string;
  /** When the step was decided: whatever is older is not its work. */
  readonly since: Instant;
  /** When its time is over. */
  readonly until: Instant;
  /** Out of the policy, which was checked against the executor's schema; now its placeholders are filled in. */
  readonly with: unknown;
}

/** What an executor learned about its run and needs to find it again after a restart: a run's id, its page. */
export type Handle = Readonly<Record<string, string>>;

export type StepProgress =
  /** `again`: ask after so long instead of the executor's `pollEvery`. */
  | {
      readonly status: 'running';
      readonly note: string;
      readonly handle: Handle;
      readonly again?: Milliseconds;
    }
  | { readonly status: 'done'; readonly note: string; readonly handle?: Handle }
  /** `begun: false`: certain that nothing was begun, as when the other side turned the request down. */
  | { readonly status: 'failed'; readonly note: string; readonly handle?: Handle; readonly begun?: false }
  /** Certain that nothing happened yet: it may be started. */
  | { readonly status: 'not-started'; readonly note: string; readonly again?: Milliseconds }
  /**
   * Cannot be known; `final`: nor will it be by asking again, since there is nobody to ask. `repeatable`: it may be at work,
   * but may be started once more, since twice is as good as once.
   */
  | {
      readonly status: 'unknown';
      readonly note: string;
      readonly again?: Milliseconds;
      readonly final?: true;
      readonly repeatable?: true;
    };

/**
 * Something that changes or checks production. `start` is called at most once for a run unless `check` has answered
 * `not-started` or `repeatable` (or `start` itself has `not-started`: nothing was begun, try again); after a crash, a lost
 * answer or a throw, `check` is asked first, and it may have no handle. Both may throw when the other side cannot be
 * reached: the engine then asks `check` again until the step's deadline. `handle.url`, when there is one, is a page where a
 * person can look.
 *
 * `cancel` is asked for a run that `check` has just found running, or `repeatable` (perhaps without a handle, then), when a
 * person stops the operation or the step's time is over: once, unless it throws because the wish did not arrive; that it
 * comes twice harms nothing. From then on `check` says how the run ended. Undefined, as without `cancel`: this one cannot be
 * stopped, and is waited for.
 */
export interface Executor {
  readonly name: string;
  /** The shape of `with` in `policies/channels.yml`. */
  readonly schema: z.ZodType;
  /** Words in `with` that it fills in by itself, once it knows: `run` for the id that the deploy tool gives. */
  readonly fillsIn?: readonly string[];
  readonly start: (run: StepRun, signal: AbortSignal) => Promise<StepProgress>;
  readonly check: (run: StepRun, handle: Handle | undefined, signal: AbortSignal) => Promise<StepProgress>;
  readonly cancel?: (
    run: StepRun,
    handle: Handle | undefined,
    signal: AbortSignal,
  ) => Promise<StepProgress | undefined>;
  /** How long to wait before asking again. */
  readonly pollEvery: Milliseconds;
  /** Only looks: doing it twice harms nothing, so a restart simply starts it again. */
  readonly onlyLooks: boolean;
}
