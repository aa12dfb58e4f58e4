import { sayActor } from '../actor.ts';
import { mayNotReport } from '../health/may-report.ts';
import { nothing, type Context, type Decision } from '../stream.ts';
import type { Instant } from '../time.ts';
import { missedBy, openDrift, runsSince, type DriftNoticed } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import { believedBack, mereReporter } from './hearsay.ts';
import type { Of } from './intent.ts';
import { leftByRollback } from './left-by-rollback.ts';
import { moveTo, settle } from './moves.ts';
import { place } from './place.ts';
import { livePeriod, type Channel } from './state.ts';
import { suspects } from './suspect.ts';

/**
 * A deploy tool tells which version is on a channel. What we know already changes nothing; a new version is recorded,
 * unverified. What contradicts an operation or a rollback of ours, or may tell how one ended that nobody knows, is not
 * recorded but shown: a person decides.
 */
export function reportDeployment(
  state: Channel | undefined,
  message: Of<'deployment.report'>,
  context: Context,
): Decision<ChannelEvent> {
  const { version, url, at, id } = message.intent;
  const { app, channel } = place(context);
  const lacking = mayNotReport(message.by, `report that ${version} is on ${app}/${channel}`);
  if (lacking) return { events: [lacking], tells: [] };
  const live = state && livePeriod(state);
  const toldBy = mereReporter(message.by, app, context.policies);
  // Somebody answers for what was hearsay. While an operation holds the channel its records are left alone.
  const isHeard = live?.toldBy !== undefined && live.version === version;
  const confirms = isHeard && toldBy === undefined && !state?.lock;
  if (isOldNews(state, message.intent, confirms)) return nothing;
  const drift = openDrift(state, 'reality');
  const known: readonly ChannelEvent[] =
    id === undefined ? [] : [{ type: 'deployment.known', deployment: id }];
  // A clock that is ahead of ours does not put it into the future, and whoever confirms may have seen it a moment sooner.
  const earliest = confirms ? live.from : -Infinity;
  const since = at === undefined ? undefined : Math.max(Math.min(at, message.at), earliest);
  if (state && isExpected(state, version, since) && !confirms) {
    if (!drift) return { events: known, tells: [] };
    const how = version === live?.version ? 'agrees' : 'replaced';
    return withSuspects([...known, settle(drift, how, version)]);
  }
  const dispute = state && disputed(state, version, since);
  if (dispute) {
    if (drift?.found === version) return { events: known, tells: [] };
    const noticed: ChannelEvent = {
      type: 'drift.noticed',
      side: 'reality',
      ...dispute,
      found: version,
      ours: live?.version,
      url,
      deployment: id,
      ...(since === undefined ? {} : { deployedAt: since }),
    };
    return withSuspects([...(drift ? [settle(drift, 'overtaken', live?.version)] : []), noticed]);
  }
  const moved = {
    type: 'channel.moved',
    to: version,
    from: live?.version,
    cause: 'deploy',
    reason: url === undefined ? 'deployed' : `deployed, see ${url}`,
    actor: sayActor(message.by),
    operation: undefined,
    verified: false,
    since: toldBy === undefined || since === undefined ? since : Math.max(since, message.at - believedBack),
    ...(id === undefined ? {} : { deployment: id }),
    ...(toldBy === undefined ? {} : { toldBy }),
  } as const;
  return moveTo(state, moved, message, context);

  function withSuspects(events: readonly ChannelEvent[]): Decision<ChannelEvent> {
    return { events, tells: suspects(state, events, message, context) };
  }
}

/** Told before, or from before what we know: webhooks come twice and in any order. */
function isOldNews(
  state: Channel | undefined,
  { at, id }: Of<'deployment.report'>['intent'],
  confirms: boolean,
): boolean {
  if (id !== undefined && state?.deployments?.includes(id) === true) return true;
  if (!state || at === undefined) return false;
  // What is in doubt or in dispute is not settled by what was so before. But what came while an operation was at work
  // may have come after its own deployment.
  const { doubt } = state;
  const live = confirms ? state.periods.at(-2) : livePeriod(state);
  const drift = openDrift(state, 'reality');
  const known = [
    live && (live.broughtBy?.begunAt ?? live.from),
    doubt && (doubt.begunAt ?? doubt.since),
    drift && runsSince(drift),
    // After a restore the file tells of more than we know.
    missedBy(state).at(-1)?.at,
  ];
  return known.some((since) => since !== undefined && at < since);
}

/** What is live, or what an operation deploys at this moment; unless somebody wonders what really runs there. */
function isExpected(state: Channel, version: string, since: Instant | undefined): boolean {
  const { lock, doubt } = state;
  if (isBrought(state, version)) return doubt?.operation !== lock?.operation;
  if (version !== livePeriod(state)?.version || doubt) return false;
  // Deployed again while an operation replaces it: that may undo the operation.
  const { begunAt } = lock ?? {};
  return begunAt === undefined || since === undefined || since < begunAt;
}

/** By the operation that holds the channel. One that waits for its approval deploys nothing. */
function isBrought({ lock }: Channel, version: string): boolean {
  return lock?.begunAt !== undefined && lock.to === version;
}

function disputed(
  state: Channel,
  version: string,
  since: Instant | undefined,
): Pick<DriftNoticed, 'cause' | 'operation'> | undefined {
  const { lock, doubt } = state;
  const live = livePeriod(state);
  if (lock) {
    return isBrought(state, version) || version === live?.version
      ? { cause: 'meanwhile', operation: doubt?.operation ?? lock.operation }
      : { cause: 'held', operation: lock.operation };
  }
  if (leftByRollback({ moves: [...state.moves, ...missedBy(state)] }, version))
    return { cause: 'left-by-rollback', operation: undefined };
  if (since === undefined) return undefined;
  if (doubt && since < doubt.since) return { cause: 'meanwhile', operation: doubt.operation };
  if (live && since < live.from) return { cause: 'meanwhile', operation: live.broughtBy?.operation };
  return undefined;
}
