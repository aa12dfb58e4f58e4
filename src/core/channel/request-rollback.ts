import { lacksPermission } from '../permission.ts';
import { approvalRuleFor } from '../plan/approval-rule.ts';
import { planRollback } from '../plan/plan.ts';
import { refuse, type Refusal } from '../refusal.ts';
import type { Context, Decision } from '../stream.ts';
import { sayBetween, sayDuration } from '../time.ts';
import type { ChannelEvent } from './event.ts';
import { sayHeld } from './hold.ts';
import type { Of } from './intent.ts';
import { atStake, lastGood, passedOver } from './last-good.ts';
import { othersOpen, worstOpen } from './open-incidents.ts';
import { place } from './place.ts';
import { knownVersions, livePeriod, promotionToStop, type Channel } from './state.ts';
import { cautionAbout, sayKnown, sayNeverLive, sayTried } from './testimony.ts';

export function requestRollback(
  state: Channel | undefined,
  message: Of<'rollback.request'>,
  context: Context,
): Decision<ChannelEvent> {
  const { target, reason, leaving } = message.intent;
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
  const promotion = promotionToStop(state);
  if (state.lock && !promotion) {
    return refused(refuse('channel-locked', what, sayHeld(state, message.at)));
  }
  const stake = atStake(state);
  const from = stake?.version ?? live.version;
  // Out of doubt, what is recorded as live may be deployed again.
  const others = sayKnown(state, message.at, state.doubt ? undefined : from);
  const good = lastGood(state, policy.healthy_after, message.at);
  const to = target === 'last-good' ? good : target.version;
  if (to === undefined) {
    return refused(
      refuse(
        'no-last-good',
        what,
        others === ''
          ? `No version but ${from} is known on ${state.name}. Deploy another by other means, and say so: /channels set ${channel} <version> <reason>.`
          : `No earlier version on ${state.name} was verified or ran ${sayDuration(policy.healthy_after)} without a P0 or P1. Name one yourself: ${others}.`,
      ),
    );
  }
  if (!knownVersions(state).includes(to)) {
    return refused(refuse('version-unknown', what, sayNeverLive(state, to, others)));
  }
  const isBringing = promotion?.begunAt !== undefined;
  if (leaving !== undefined && leaving !== from) {
    const why = `${leaving} is no longer live on ${state.name}, ${from} is. This button is no longer valid; to go back from there: /rollback ${channel} last-good <reason>.`;
    return refused(refuse('not-open', what, why));
  }
  const isBrought = isBringing && to === promotion.to;
  if (isBrought || (to === from && !state.doubt)) {
    const why = isBrought
      ? `${to} is what ${promotion.operation} is bringing to ${state.name} right now. To stop that, abort it on its card.`
      : `${to} is live on ${state.name} already, for ${sayBetween(stake?.since ?? live.from, message.at)}.`;
    return refused(refuse('version-live', what, why));
  }
  const operation = context.nextOperation;
  const { storeId } = context;
  const later = to === good ? passedOver(state, policy.healthy_after, message.at) : undefined;
  const cautions = [sayTried(state, to), cautionAbout(state, to, message.at, later)];
  const caution = cautions.filter((each) => each !== undefined).join('; ') || undefined;
  const plan = planRollback({ operation, storeId, app, channel, from, to, reason, caution, policy });
  const rule = approvalRuleFor(context.policies.approvals, state.name, incident?.severity);
  const conversation =
    incident?.conversation ?? context.policies.notifications.conversations[policy.conversation] ?? '';
  const besides = othersOpen(state);
  const held = { operation, name: message.by.name, reason: `roll back to ${to}`, to };
  return {
    // A rollback beats a promotion: one that has not begun loses the channel at once, one that is being carried out
    // is stopped, and the rollback begins when its last step is over. Two of them never change production together.
    events: [
      isBringing
        ? { type: 'channel.queued', ...held, from }
        : { type: 'channel.locked', ...held, kind: 'rollback' },
    ],
    tells: [
      {
        to: { kind: 'operation', id: operation },
        intent: {
          type: 'operation.open',
          plan,
          rule,
          incident: incident?.incident,
          severity: incident?.severity,
          service: incident?.service,
          conversation,
          ...(besides.length > 0 ? { besides } : {}),
          ...(isBringing ? { waitsFor: promotion.operation } : {}),
        },
      },
      ...(promotion
        ? [
            {
              to: { kind: 'operation', id: promotion.operation } as const,
              intent: { type: 'operation.yield', to: operation, incident: incident?.incident } as const,
            },
          ]
        : []),
    ],
  };
}
