import { sayReason } from '../health/judge.ts';
import type { Concern } from '../plan/concern.ts';
import type { RefusalCode } from '../refusal.ts';
import { sayDate, sayDuration, sayMoment, type Instant, type Milliseconds } from '../time.ts';
import { newestFirst } from '../version.ts';
import { openDrift } from './drift-state.ts';
import { healthOf } from './health-state.ts';
import { knownVersions, livePeriod, undisturbed, type Channel, type Period } from './state.ts';

/**
 * What a channel says about a version that is to be promoted from it, or why it can say nothing. The target, which
 * cannot look into another stream, is told in the same transaction.
 */
export type Testimony =
  | { readonly version: string; readonly concerns: readonly Concern[] }
  | { readonly code: RefusalCode; readonly why: string };

/**
 * A version may be promoted while it is live on the source, and afterwards, too: a source that has moved on to the next
 * candidate has not spoilt the one before. What counts is how long it ran there untroubled, and that it was not rolled
 * back from.
 */
export function testify(
  state: Channel | undefined,
  name: string,
  wanted: string | undefined,
  observedFor: Milliseconds,
  at: Instant,
): Testimony {
  const live = state && livePeriod(state);
  const [, short = name] = name.split('/');
  if (!state || !live) {
    const why = `Nothing is known to be live on ${name}. Say what is: /channels set ${short} <version> <reason>.`;
    return { code: 'nothing-live', why };
  }
  const version = wanted ?? live.version;
  const period = state.periods.findLast((each) => each.version === version);
  if (!period) {
    return {
      code: 'version-unknown',
      why: `${version} has never been live on ${name}. Known there: ${sayKnown(state)}.`,
    };
  }
  const concerns = [
    ...freezing(state),
    uncertainty(state),
    underWay(state),
    shortage(state, period, observedFor, at),
    failedHealth(state, version),
    rolledBack(state, version),
  ];
  return { version, concerns: concerns.filter((concern) => concern !== undefined) };
}

function underWay({ name, lock }: Channel): Concern | undefined {
  return (
    lock && {
      key: `under way ${lock.operation}`,
      code: 'channel-locked',
      fact: `${lock.operation} (${lock.reason}) is under way on ${name}`,
    }
  );
}

/** Not observed for long enough: how much is missing, and when that will have passed. */
function shortage(
  { name }: Channel,
  period: Period,
  observedFor: Milliseconds,
  at: Instant,
): Concern | undefined {
  const ran = undisturbed(period, at);
  const missing = observedFor - ran;
  if (missing <= 0) return undefined;
  const moment = missing < 12 * 3_600_000 ? sayMoment(at + missing) : sayDate(at + missing);
  const end =
    period.troubledAt !== undefined
      ? 'before a P0 or P1 opened there'
      : period.to !== undefined
        ? 'before another version took its place'
        : `so far: ${sayDuration(missing)} are missing, until ${moment}`;
  const fact = `${period.version} ran on ${name} for ${sayDuration(ran)} of the ${sayDuration(observedFor)} it takes, ${end}`;
  return { key: 'not-observed', code: 'not-observed', fact };
}

function failedHealth(channel: Channel, version: string): Concern | undefined {
  const health = healthOf(channel, version);
  if (!health?.failed) return undefined;
  const why = health.failed.reasons.map((reason) => sayReason(reason)).join('; ');
  const last = health.judgement.verdict === 'fail' ? 'last' : 'last conclusive';
  const fact = `the ${last} health report of ${version} on ${channel.name} failed (${why})`;
  return { key: 'health-failed', code: 'health-failed', fact };
}

/** Every open P0 or P1 freezes what it is open on. */
export function freezing(state: Channel): readonly Concern[] {
  return Object.entries(state.incidents)
    .filter(([, { severity }]) => severity <= 'P1')
    .toSorted(([, a], [, b]) => a.severity.localeCompare(b.severity))
    .map(([incident, { severity }]): Concern => ({
      key: incident,
      code: 'frozen',
      severity,
      fact: `frozen by ${incident} (${severity}) on ${state.name}`,
    }));
}

/** An operation ended half way, or something else has deployed: what runs there is not what the records say. */
export function uncertainty(channel: Channel): Concern | undefined {
  const { name, doubt } = channel;
  const drift = openDrift(channel, 'reality');
  const fact = doubt
    ? `what runs on ${name} has not been certain since ${doubt.operation}`
    : drift &&
      `${drift.found ?? 'another version'} runs on ${name}, says ${drift.by}, and our records say ${drift.ours ?? 'nothing'}`;
  const key = `uncertain ${name} ${doubt?.operation ?? drift?.found ?? ''}`;
  return fact === undefined ? undefined : { key, code: 'channel-uncertain', fact };
}

/** Whoever left a version by a rollback had a reason. Bringing it back by hand, or by another promotion, clears it. */
export function rolledBack({ name, moves }: Channel, version: string): Concern | undefined {
  const last = moves.findLast(({ from, to }) => from === version || to === version);
  return last?.cause === 'rollback' && last.to !== version
    ? {
        key: `rolled-back ${name}`,
        code: 'rolled-back',
        fact: `a rollback took ${version} off ${name} (${last.reason})`,
      }
    : undefined;
}

export function sayKnown(state: Channel): string {
  const known = newestFirst(knownVersions(state));
  return known.length > 8
    ? `${known.slice(0, 8).join(', ')} and ${known.length - 8} older`
    : known.join(', ');
}
