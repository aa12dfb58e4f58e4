import type { Severity } from '../severity.ts';
import { sayDate, type Instant } from '../time.ts';
import { pageMeansNames } from './describe.ts';
import type { Climb, EmptyRung } from './reach.ts';

/** `P0 and P1 of Checkout and Search`; of services that have not the same in common, `P0 of Checkout; P1 of Search`. */
export function sayClimbs(climbs: readonly Pick<Climb, 'services' | 'severity'>[]): string {
  const severitiesOf = new Map<string, readonly Severity[]>();
  for (const { services, severity } of climbs) {
    for (const title of services)
      severitiesOf.set(title, [...new Set([...(severitiesOf.get(title) ?? []), severity])].toSorted());
  }
  const titlesOf = new Map<string, readonly string[]>();
  for (const [title, severities] of severitiesOf) {
    const said = listed(severities);
    titlesOf.set(said, [...(titlesOf.get(said) ?? []), title]);
  }
  return [...titlesOf].map(([severities, titles]) => `${severities} of ${listed(titles)}`).join('; ');
}

/**
 * One line for all rungs of which the same is to be said:
 * `P0 and P1 of Checkout, rung 2 of 4: nobody from 2026-11-24 09:00 UTC on (Ben Okafor by mail)`
 */
export function sayEmptyRungs(empty: readonly EmptyRung[], now: Instant): readonly string[] {
  const climbsOf = new Map<string, readonly Climb[]>();
  for (const rung of empty) {
    const said = sayRung(rung, now);
    climbsOf.set(said, [...(climbsOf.get(said) ?? []), rung.climb]);
  }
  return [...climbsOf].map(([said, climbs]) => `${sayClimbs(climbs)}, ${said}`);
}

function sayRung({ climb, rung, at, unreached }: EmptyRung, now: Instant): string {
  const since = at > now ? `nobody from ${sayDate(at)} on` : 'nobody';
  const meant = [...new Set(unreached.map(({ name, by }) => `${name} by ${pageMeansNames[by]}`))].join(', ');
  const named = meant === '' ? '' : ` (${meant})`;
  return `rung ${rung} of ${climb.rungs}: ${since}${named}`;
}

/** `API, Search and Web` */
function listed(words: readonly string[]): string {
  const [last = '', ...others] = words.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
