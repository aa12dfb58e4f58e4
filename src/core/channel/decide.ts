import { sayActor, type Actor } from '../actor.ts';
import type { Suspect } from '../incident/event.ts';
import { anyRole, lacksPermission } from '../permission.ts';
import { approvalRuleFor } from '../plan/approval-rule.ts';
import { planRollback } from '../plan/plan.ts';
import type { ChannelPolicy } from '../policies/channels.ts';
import type { Policies } from '../policies/policies.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { nothing, type Context, type Decision, type Message, type Recorded, type Tell } from '../stream.ts';
import { sayDuration, type Instant } from '../time.ts';
import { newestFirst } from '../version.ts';
import type { ChannelEvent } from './event.ts';
import type { ChannelIntent } from './intent.ts';
import { evolveChannel, knownVersions, lastGood, livePeriod, worstOpen, type Channel } from './state.ts';

type Of<Type extends ChannelIntent['type']> = Message<Extract<ChannelIntent, { type: Type }>>;

/** What an intent makes happen to a release channel: the guard of everything that changes production there. */
export function decideChannel(
  state: Channel | undefined,
  message: Message<ChannelIntent>,
  context: Context,
): Decision<ChannelEvent> {
  const { intent } = message;
  switch (intent.type) {
    case 'rollback.request':
      return requestRollback(state, { ...message, intent }, context);
    case 'channel.set':
      return set(state, { ...message, intent }, context);
    case 'channel.import':
      return importMoves(state, { ...message, intent });
    case 'channel.note-incident':
      return noteIncident(state, { ...message, intent }, context);
    case 'channel.begin':
      return begin(state, { ...message, intent });
    case 'channel.move':
      return move(state, { ...message, intent }, context);
    case 'channel.release':
      return release(state, { ...message, intent });
    case 'clock.tick':
    case 'effect.settled':
    case 'effect.progressed':
      return nothing;
    default:
      return intent satisfies never;
  }
}

function requestRollback(
  state: Channel | undefined,
  message: Of<'rollback.request'>,
  context: Context,
): Decision<ChannelEvent> {
  const { target, reason } = message.intent;
  const { app, channel, policy } = place(context);
  const wanted = target === 'last-good' ? 'the last good release' : target.version;
  const what = `roll ${app}/${channel} back to ${wanted}`;
  const incident = state && worstOpen(state);
  const refused = (refusal: Refusal): Decision<ChannelEvent> => ({
    events: [refusal],
    tells: incident
      ? [
          {
            to: { kind: 'incident', id: incident.incident },
            intent: { type: 'incident.note-refusal', refusal },
          },
        ]
      : [],
  });

  const lacking = lacksPermission(message.by, context.policies.approvals.may_request, what);
  if (lacking) return refused(lacking);
  const live = state && livePeriod(state);
  if (!state || !live) {
    return refused(
      refuse(
        'nothing-live',
        what,
        `Nothing is known to be live on ${app}/${channel}. Say what is: /channels set ${channel} <version> <reason>.`,
      ),
    );
  }
  if (state.lock) {
    return refused(
      refuse(
        'channel-locked',
        what,
        `${state.lock.operation} (${state.lock.reason}, by ${state.lock.name}) has held ${state.name} for ${sayDuration(message.at - state.lock.since)}. ${howToFree(state)}`,
      ),
    );
  }
  const good = lastGood(state, policy.healthy_after, message.at);
  const to = target === 'last-good' ? good : target.version;
  if (to === undefined) {
    return refused(
      refuse(
        'no-last-good',
        what,
        `No earlier version on ${state.name} was verified or ran ${sayDuration(policy.healthy_after)} without a P0 or P1. Name one yourself: ${sayKnown(state)}.`,
      ),
    );
  }
  if (!knownVersions(state).includes(to)) {
    return refused(
      refuse(
        'version-unknown',
        what,
        `${to} has never been live on ${state.name}. Known there: ${sayKnown(state)}.`,
      ),
    );
  }
  if (to === live.version && !state.doubt) {
    return refused(
      refuse(
        'version-live',
        what,
        `${to} is live on ${state.name} already, for ${sayDuration(message.at - live.from)}.`,
      ),
    );
  }
  const operation = context.nextOperation;
  const plan = planRollback({ operation, app, channel, from: live.version, to, reason, policy });
  const rule = approvalRuleFor(context.policies.approvals, state.name, incident?.severity);
  const conversation =
    incident?.conversation ?? context.policies.notifications.conversations[policy.conversation] ?? '';
  return {
    events: [{ type: 'channel.locked', operation, name: message.by.name, reason: `roll back to ${to}` }],
    tells: [
      {
        to: { kind: 'operation', id: operation },
        intent: {
          type: 'operation.open',
          plan,
          rule,
          incident: incident?.incident,
          severity: incident?.severity,
          conversation,
        },
      },
    ],
  };
}

function howToFree({ lock, doubt }: Channel): string {
  return lock !== undefined && doubt?.operation === lock.operation
    ? 'Nobody knows how it ended: look, and say so on its card.'
    : 'Approve, withdraw or finish it first.';
}

function set(
  state: Channel | undefined,
  message: Of<'channel.set'>,
  context: Context,
): Decision<ChannelEvent> {
  const { version, reason } = message.intent;
  const { app, channel } = place(context);
  const what = `set ${app}/${channel} to ${version}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return { events: [lacking], tells: [] };
  const live = state && livePeriod(state);
  if (live?.version === version && !state?.doubt) {
    return {
      events: [refuse('version-live', what, `${version} is live on ${app}/${channel} already.`)],
      tells: [],
    };
  }
  if (state?.lock) {
    return {
      events: [
        refuse(
          'channel-locked',
          what,
          `${state.lock.operation} (${state.lock.reason}) holds ${state.name}. ${howToFree(state)}`,
        ),
      ],
      tells: [],
    };
  }
  const moved: ChannelEvent = {
    type: 'channel.moved',
    to: version,
    from: live?.version,
    cause: 'set',
    reason,
    actor: sayActor(message.by),
    operation: undefined,
    verified: false,
    since: undefined,
  };
  return { events: [moved], tells: suspects(state, [moved], message, context) };
}

/** The registry's history becomes ours once, when the channel is new here. */
function importMoves(state: Channel | undefined, message: Of<'channel.import'>): Decision<ChannelEvent> {
  if (state && state.periods.length > 0) return nothing;
  let from: string | undefined;
  const events = message.intent.moves.map((row): ChannelEvent => {
    const moved: ChannelEvent = {
      type: 'channel.moved',
      to: row.version,
      from,
      cause: 'import',
      reason: row.reason,
      actor: row.actor,
      operation: undefined,
      verified: false,
      since: row.at,
    };
    from = row.version;
    return moved;
  });
  return { events, tells: [] };
}

function noteIncident(
  state: Channel | undefined,
  message: Of<'channel.note-incident'>,
  context: Context,
): Decision<ChannelEvent> {
  const { incident, severity, conversation } = message.intent;
  const event: ChannelEvent = { type: 'incident.noted', incident, severity, conversation };
  const isNew = severity !== undefined && state?.incidents[incident] === undefined;
  if (!isNew) return { events: [event], tells: [] };
  const suspect = state && suspectOf(state, place(context).policy, message.at);
  return {
    events: [event],
    tells: [{ to: { kind: 'incident', id: incident }, intent: { type: 'incident.name-suspect', suspect } }],
  };
}

/** Read again at execution: an approval is worth nothing when the channel has moved on since. */
function begin(state: Channel | undefined, message: Of<'channel.begin'>): Decision<ChannelEvent> {
  const { operation, from } = message.intent;
  const live = state && livePeriod(state);
  const why =
    state?.lock?.operation !== operation
      ? `${operation} no longer holds the channel.`
      : live?.version !== from
        ? `${live?.version ?? 'nothing'} is live now, the plan was made for ${from}.`
        : undefined;
  return {
    events: [],
    tells: [
      {
        to: { kind: 'operation', id: operation },
        intent: why === undefined ? { type: 'operation.begin' } : { type: 'operation.void', why },
      },
    ],
  };
}

function move(
  state: Channel | undefined,
  message: Of<'channel.move'>,
  context: Context,
): Decision<ChannelEvent> {
  const { operation, version, reason, actor } = message.intent;
  const live = state && livePeriod(state);
  const moved: ChannelEvent = {
    type: 'channel.moved',
    to: version,
    from: live?.version,
    cause: 'rollback',
    reason,
    actor,
    operation,
    verified: true,
    since: undefined,
  };
  return { events: [moved], tells: suspects(state, [moved], message, context) };
}

function release(state: Channel | undefined, message: Of<'channel.release'>): Decision<ChannelEvent> {
  const { operation, outcome, touched, why } = message.intent;
  if (state?.lock?.operation !== operation) return nothing;
  const doubted: readonly ChannelEvent[] =
    touched && outcome !== 'done' ? [{ type: 'channel.doubted', operation, why }] : [];
  // An unknown outcome keeps the lock until a person has looked.
  const released: readonly ChannelEvent[] =
    outcome === 'unknown' ? [] : [{ type: 'channel.released', operation }];
  return { events: [...released, ...doubted], tells: [] };
}

/** Open incidents learn what is live now. */
function suspects(
  state: Channel | undefined,
  events: readonly ChannelEvent[],
  message: Message<unknown>,
  context: Context,
): readonly Tell[] {
  const after = events.reduce<Channel | undefined>(
    (before, event) => evolveChannel(before, recorded(event, message.by, message.at), context.id),
    state,
  );
  if (!after) return [];
  // An operation that outlives its channel's policy is still brought to its end.
  const policy = policyOf(context);
  if (!policy) return [];
  const suspect = suspectOf(after, policy, message.at);
  return Object.keys(after.incidents).map((incident) => ({
    to: { kind: 'incident', id: incident },
    intent: { type: 'incident.name-suspect', suspect },
  }));
}

function suspectOf(state: Channel, policy: ChannelPolicy, at: Instant): Suspect | undefined {
  const live = livePeriod(state);
  return (
    live && { live: live.version, liveSince: live.from, lastGood: lastGood(state, policy.healthy_after, at) }
  );
}

function recorded(event: ChannelEvent, by: Actor, at: Instant): Recorded<ChannelEvent> {
  return { ...event, seq: 0, at, by };
}

function sayKnown(state: Channel): string {
  const known = newestFirst(knownVersions(state));
  return known.length > 8
    ? `${known.slice(0, 8).join(', ')} and ${known.length - 8} older`
    : known.join(', ');
}

/** Edges address only channels that channels.yml names. */
function place({ id, policies }: { readonly id: string; readonly policies: Policies }): {
  readonly app: string;
  readonly channel: string;
  readonly policy: ChannelPolicy;
} {
  const [app = '', channel = ''] = id.slice('channel:'.length).split('/');
  const policy = policyOf({ id, policies });
  if (!policy) throw new Error(`${id} is not in channels.yml`);
  return { app, channel, policy };
}

function policyOf({
  id,
  policies,
}: {
  readonly id: string;
  readonly policies: Policies;
}): ChannelPolicy | undefined {
  const [app = '', channel = ''] = id.slice('channel:'.length).split('/');
  return policies.channels.apps[app]?.channels[channel];
}
