import { sayActor } from '../actor.ts';
import { mayNotReport } from '../health/may-report.ts';
import { nothing, type Context, type Decision } from '../stream.ts';
import { openDrift, runsSince, type DriftCause } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import type { Of } from './intent.ts';
import { moveTo, settle } from './moves.ts';
import { place } from './place.ts';
import { livePeriod, type Channel } from './state.ts';
import { suspects } from './suspect.ts';
import { rolledBack } from './testimony.ts';

/**
 * A deploy tool tells which version is on a channel. What we know already changes nothing; a new version is recorded,
 * unverified. What contradicts an operation or a rollback of ours is not recorded but shown: a person decides.
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
  if (isOldNews(state, message.intent)) return nothing;
  const live = state && livePeriod(state);
  const drift = openDrift(state, 'reality');
  const known: readonly ChannelEvent[] =
    id === undefined ? [] : [{ type: 'deployment.known', deployment: id }];
  // A clock that is ahead of ours does not put it into the future.
  const since = at === undefined ? undefined : Math.min(at, message.at);
  if (version === live?.version || version === bringing(state)) {
    // Unless somebody wonders what really runs there: now they know.
    if (!state?.doubt || state.lock) {
      if (!drift) return { events: known, tells: [] };
      const how = version === live?.version ? 'agrees' : 'replaced';
      return withSuspects([...known, settle(drift, how, version)]);
    }
  } else {
    const cause = disputed(state, version);
    if (cause) {
      if (drift?.found === version) return { events: known, tells: [] };
      const noticed: ChannelEvent = {
        type: 'drift.noticed',
        side: 'reality',
        cause,
        found: version,
        ours: live?.version,
        url,
        deployment: id,
        operation: state?.lock?.operation,
        ...(since === undefined ? {} : { deployedAt: since }),
      };
      return withSuspects([...(drift ? [settle(drift, 'overtaken', live?.version)] : []), noticed]);
    }
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
    since,
    ...(id === undefined ? {} : { deployment: id }),
  } as const;
  return moveTo(state, moved, message, context);

  function withSuspects(events: readonly ChannelEvent[]): Decision<ChannelEvent> {
    return { events, tells: suspects(state, events, message, context) };
  }
}

/** Told before, or from before what we know: webhooks come twice and in any order. */
function isOldNews(state: Channel | undefined, { at, id }: Of<'deployment.report'>['intent']): boolean {
  if (id !== undefined && state?.deployments?.includes(id) === true) return true;
  if (!state || at === undefined) return false;
  // What is in doubt or in dispute is not settled by what was so before.
  const drift = openDrift(state, 'reality');
  const known = [livePeriod(state)?.from, state.doubt?.since, drift && runsSince(drift)];
  return known.some((since) => since !== undefined && at < since);
}

/** What an operation deploys at this moment. One that waits for its approval deploys nothing. */
function bringing(state: Channel | undefined): string | undefined {
  return state?.lock?.begunAt === undefined ? undefined : state.lock.to;
}

function disputed(state: Channel | undefined, version: string): DriftCause | undefined {
  if (!state) return undefined;
  if (state.lock) return 'held';
  return rolledBack(state, version) && 'left-by-rollback';
}
