import type { Policies } from '../policies/policies.ts';
import { wallClock, whenWallClockShows } from '../policies/wall-clock.ts';
import { severities, type Severity } from '../severity.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { PlannedPage } from './event.ts';
import { pagesOfRung } from './ladder.ts';

/** Whether a page of this kind can arrive: its way is configured, its account is alive. */
export type Reaches = (page: PlannedPage) => boolean;

/** One ladder as one rotation climbs it, for all services that share both. */
export interface Climb {
  /** The services' titles. */
  readonly services: readonly string[];
  readonly rotation: string;
  readonly severity: Severity;
  readonly rungs: number;
  /** Whom a rung would page; rungs count from 1, and one past the last is the last resort. */
  readonly pages: (rung: number, at: Instant) => readonly PlannedPage[];
}

export function climbsOf(policies: Policies): readonly Climb[] {
  const together = new Map<
    string,
    { titles: string[]; service: string; rotation: string; escalation: string }
  >();
  for (const [service, { title, rotation, escalation }] of Object.entries(policies.services.services)) {
    const key = `${escalation} ${rotation}`;
    const known = together.get(key) ?? { titles: [], service, rotation, escalation };
    together.set(key, { ...known, titles: [...known.titles, title] });
  }
  return [...together.values()].flatMap(({ titles, service, rotation, escalation }) => {
    const ladders = policies.escalation.policies[escalation];
    if (!ladders) return [];
    return severities.map((severity): Climb => {
      const ladder = ladders[severity];
      const where = {
        ladder,
        rotation,
        emergency: policies.notifications.conversations['emergency'] ?? '',
        service,
        serviceTitle: titles[0] ?? '',
      };
      return {
        services: titles,
        rotation,
        severity,
        rungs: ladder.rungs.length,
        pages: (rung, at) => pagesOfRung(where, rung, policies, at),
      };
    });
  });
}

/** A rung that, from a moment on, would page nobody. */
export interface EmptyRung {
  readonly climb: Climb;
  readonly rung: number;
  readonly at: Instant;
  /** Whom it would page if they could be reached. */
  readonly unreached: readonly PlannedPage[];
}

/** Rungs that page nobody now, or at some time before `until`: each with the first such moment. */
export function emptyRungs(
  policies: Policies,
  reaches: Reaches,
  from: Instant,
  until: Instant,
): readonly EmptyRung[] {
  return climbsOf(policies).flatMap((climb) => {
    const moments = turnsOf(policies, climb.rotation, from, until);
    return Array.from({ length: climb.rungs }, (_, index) => index + 1).flatMap((rung) => {
      const at = moments.find((moment) => !climb.pages(rung, moment).some(reaches));
      return at === undefined ? [] : [{ climb, rung, at, unreached: climb.pages(rung, at) }];
    });
  });
}

/** Turns that are shorter than this are not looked at one by one. */
const shortestTurn: Milliseconds = 15 * 60_000;

/** Now, and every moment before `until` at which somebody else is on call. */
function turnsOf({ roster }: Policies, rotation: string, from: Instant, until: Instant): readonly Instant[] {
  const changes = Object.values(roster.rotations[rotation] ?? {}).flatMap(
    ({ starts, each, zone = 'UTC' }) => {
      if (starts === undefined || each === undefined) return [];
      const step = Math.ceil(shortestTurn / each) * each;
      const first = starts + (Math.floor((wallClock(from, zone) - starts) / step) + 1) * step;
      const count = Math.max(0, Math.ceil((wallClock(until, zone) - first) / step));
      return Array.from({ length: count }, (_, index) => whenWallClockShows(first + index * step, zone));
    },
  );
  return [from, ...new Set(changes.toSorted((a, b) => a - b))];
}
