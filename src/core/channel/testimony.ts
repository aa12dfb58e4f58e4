import { isFailing, sayReason } from '../health/reason.ts';
import type { Concern } from '../plan/concern.ts';
import type { RefusalCode } from '../refusal.ts';
import { sayDate, sayDuration, sayMoment, sayPast, type Instant, type Milliseconds } from '../time.ts';
import { newestFirst } from '../version.ts';
import { openDrift } from './drift-state.ts';
import { isHearsay, sayHearsay } from './hearsay.ts';
import { healthOf } from './health-state.ts';
import { isFull } from './kept-periods.ts';
import { leftByRollback } from './left-by-rollback.ts';
import { isBad } from './open-incidents.ts';
import { calmSince, undisturbed, type Period } from './period.ts';
import { knownVersions, livePeriod, type Channel } from './state.ts';

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
  if (!period) return { code: 'version-unknown', why: sayNeverLive(state, version, sayKnown(state, at)) };
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
  const longest = undisturbed(period, at);
  if (longest >= observedFor) return undefined;
  const since = calmSince(period);
  // While it runs well, what counts is when that will have been for long enough, and not an earlier try.
  const ran = since === undefined ? longest : at - since;
  const missing = observedFor - ran;
  const moment = missing < 12 * 3_600_000 ? sayMoment(at + missing) : sayDate(at + missing);
  const end =
    since !== undefined
      ? `so far: ${sayDuration(missing)} are missing, until ${moment}`
      : period.to === undefined
        ? 'before one opened there'
        : 'before another version took its place';
  const fact = `${period.version} ran on ${name} for ${sayDuration(ran)} of the ${sayDuration(observedFor)} it takes without a P0 or P1, ${end}`;
  return { key: 'not-observed', code: 'not-observed', fact };
}

function failedHealth(channel: Channel, version: string): Concern | undefined {
  const health = healthOf(channel, version);
  if (!health) return undefined;
  // Whoever is about to find out that it fails lets nobody pass it on meanwhile.
  const soFar = health.judgement.reasons.find(({ type }) => type === 'critical-so-far');
  if (!health.failed && soFar) {
    const fact = `the newest health report of ${version} on ${channel.name} warns (${sayReason(soFar)})`;
    return { key: 'health-critical', code: 'health-failed', fact };
  }
  if (!health.failed) return undefined;
  const why = health.failed.reasons.filter(isFailing).map(sayReason).join('; ');
  const last = health.judgement.verdict === 'fail' ? 'last' : 'last conclusive';
  const fact = `the ${last} health report of ${version} on ${channel.name} failed (${why})`;
  return { key: 'health-failed', code: 'health-failed', fact };
}

/** Every open P0 or P1 freezes what it is open on, and goes on to when somebody who is no lead has lowered it. */
export function freezing(state: Channel): readonly Concern[] {
  return Object.entries(state.incidents)
    .filter(([, incident]) => isBad(incident))
    .toSorted(([, a], [, b]) => a.severity.localeCompare(b.severity))
    .map(([incident, { severity, was }]): Concern => {
      const now = was === undefined ? severity : `${severity} now, was ${was}, and no lead has lowered it`;
      return {
        key: incident,
        code: 'frozen',
        severity,
        fact: `frozen by ${incident} (${now}) on ${state.name}`,
      };
    });
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

export function rolledBack(channel: Channel, version: string): Concern | undefined {
  const { name } = channel;
  const left = leftByRollback(channel, version);
  return (
    left && {
      key: `rolled-back ${name}`,
      code: 'rolled-back',
      fact: `a rollback took ${version} off ${name} (${left.reason})`,
    }
  );
}

/**
 * What has to be said about going back to a version that a rollback has left, whose health reports fail, or that is
 * known by hearsay alone: it may be the lesser evil, and is never calm.
 * @param later a version that was live later, and is not taken because it is known by hearsay alone, or failed
 */
export function cautionAbout(
  channel: Channel,
  version: string,
  now: Instant,
  later?: string,
): string | undefined {
  const left = leftByRollback(channel, version);
  const cautions = [
    left &&
      `${version} was rolled back from on ${channel.name} at ${sayPast(left.at, now)} by ${left.operation ?? left.actor} (${left.reason})`,
    failedHealth(channel, version)?.fact,
    sayHearsay(channel, version, now),
    later && sayPassedOver(channel, later, now),
  ].filter((caution) => caution !== undefined);
  return cautions.length === 0 ? undefined : cautions.join('; ');
}

/** `the last health report of 1.4.2 on shop/stable failed (Error rate 50 % in 30m, at most 1 %), so it is passed over` */
function sayPassedOver(channel: Channel, version: string, now: Instant): string {
  const why = isHearsay(channel, version)
    ? sayHearsay(channel, version, now)
    : failedHealth(channel, version)?.fact;
  return `${why}, so it is passed over`;
}

/** `OP-1 went to 1.4.2 in vain (Deploy 1.4.2 to stable: Run 1 failed)`, while nothing else has come of it. */
export function sayTried({ doubt }: Channel, version: string): string | undefined {
  const tried = doubt?.tried?.find((each) => each.version === version);
  return tried && `${tried.operation} went to ${version} in vain (${tried.why.replace(/\.$/, '')})`;
}

/**
 * The versions that somebody may name, newest first: `2.4.0 (rolled back 08:04 UTC), 2.3.0 (health failed), 2.2.0`; empty
 * when there are none.
 */
export function sayKnown(state: Channel, now: Instant, except?: string): string {
  const known = newestFirst(knownVersions(state).filter((version) => version !== except));
  const said = known.slice(0, 8).map((version) => {
    const left = leftByRollback(state, version);
    if (left) return `${version} (rolled back ${sayPast(left.at, now)})`;
    return healthOf(state, version)?.failed ? `${version} (health failed)` : version;
  });
  const earlier = isFull(state) ? '; those before them are not kept' : '';
  return known.length > 8 ? `${said.join(', ')} and ${known.length - 8} older${earlier}` : said.join(', ');
}

export function sayNeverLive(state: Channel, version: string, known: string): string {
  const never = isFull(state) ? 'was never live, or too long ago to be kept,' : 'has never been live';
  const others = known === '' ? 'No other version is known there' : `Known there: ${known}`;
  return `${version} ${never} on ${state.name}. ${others}.`;
}
