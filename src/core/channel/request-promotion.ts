import { sayActor, type Actor } from '../actor.ts';
import { lacksPermission, takesPerson } from '../permission.ts';
import { approvalRuleFor } from '../plan/approval-rule.ts';
import { isLifted, sentenceOf, type Concern } from '../plan/concern.ts';
import { planPromotion } from '../plan/plan.ts';
import type { PromotionPolicy } from '../policies/channels.ts';
import { refuse, type Refusal } from '../refusal.ts';
import type { Context, Decision } from '../stream.ts';
import { sayDuration } from '../time.ts';
import type { ChannelEvent } from './event.ts';
import { sayHeld } from './hold.ts';
import type { Of } from './intent.ts';
import { atStake } from './last-good.ts';
import { worstOpen } from './open-incidents.ts';
import { place, policyOf } from './place.ts';
import { livePeriod, type Channel } from './state.ts';
import { freezing, rolledBack, testify, uncertainty } from './testimony.ts';

/**
 * The source says what it knows about the version, and the target decides, in the same transaction: so nothing can
 * happen on either of them in between, and every refusal is on record where the change was wanted.
 */
export function askForPromotion(
  state: Channel | undefined,
  message: Of<'promotion.request'>,
  context: Context,
): Decision<ChannelEvent> {
  const { target, version, override, reason } = message.intent;
  const { app, channel } = place(context);
  const source = `${app}/${channel}`;
  const to = { kind: 'channel', id: `channel:${target}` } as const;
  const policy = policyOf({ id: to.id, policies: context.policies });
  if (!policy) {
    const why = `There is no release channel ${target}. To see those that are: /channels.`;
    return { events: [refuse('not-promotable', `promote from ${source} to ${target}`, why)], tells: [] };
  }
  const observedFor = policy.promotion?.observed_for ?? 0;
  const testimony = testify(state, source, version, observedFor, message.at);
  return {
    events: [],
    tells: [{ to, intent: { type: 'promotion.weigh', source, override, reason, testimony } }],
  };
}

/** The target decides: who asks, what is live, who holds it, and what speaks against it. */
export function weighPromotion(
  state: Channel | undefined,
  message: Of<'promotion.weigh'>,
  context: Context,
): Decision<ChannelEvent> {
  const { at, by, intent } = message;
  const { source, override, reason, testimony } = intent;
  const { app, channel, policy } = place(context);
  const name = `${app}/${channel}`;
  const from = shortOf(source);
  const version = 'version' in testimony ? testimony.version : undefined;
  const what = `promote ${version === undefined ? '' : `${version} `}from ${from} to ${name}`;
  const refused = (refusal: Refusal, about: readonly Concern[] = []): Decision<ChannelEvent> => {
    const told = new Set([
      ...(state ? [worstOpen(state)?.incident] : []),
      ...about.flatMap(({ code, key }) => (code === 'frozen' ? [key] : [])),
    ]);
    return {
      events: [refusal],
      tells: [...told].flatMap((incident) =>
        incident === undefined
          ? []
          : [{ to: { kind: 'incident', id: incident }, intent: { type: 'incident.note-refusal', refusal } }],
      ),
    };
  };

  const lacking =
    lacksPermission(by, context.policies.approvals.may_request, what) ??
    (override ? mayNotOverride(by, `${what} with an override`) : undefined);
  if (lacking) return refused(lacking);
  const path = `apps.${app}.channels.${channel}.promotion`;
  const { promotion } = policy;
  if (!promotion) {
    const how = `add ${path} to policies/channels.yml, with from: [${from}], observed_for and steps`;
    return refused(
      refuse('not-promotable', what, `Nothing is promoted to ${name} yet. To allow it, ${how}.`),
    );
  }
  if (!isFrom(promotion, source, app)) {
    const paths = promotion.from.join(', ');
    return refused(
      refuse(
        'not-promotable',
        what,
        `${name} takes promotions from ${paths}, and not from ${source}. To allow it, name it in ${path}.from in policies/channels.yml.`,
      ),
    );
  }
  if (!('version' in testimony)) return refused(refuse(testimony.code, what, testimony.why));
  const live = state && livePeriod(state);
  const stake = state && atStake(state);
  if (!live || !stake) {
    const say = `/channels set ${channel} <version> <reason>`;
    return refused(
      refuse('nothing-live', what, `Nothing is known to be live on ${name}. Say what is: ${say}.`),
    );
  }
  if (state.lock) return refused(refuse('channel-locked', what, sayHeld(state, at)));
  if (testimony.version === stake.version && !state.doubt) {
    const ago = sayDuration(at - stake.since);
    const why = `${stake.version} is live on ${name} already, for ${ago}.`;
    return refused(refuse('version-live', what, why));
  }
  const concerns = concernsOf(state, testimony);
  const [first] = concerns;
  if (first && !override) {
    const command = `/promote ${from} ${channel} ${testimony.version} override <reason>`;
    const why = `${sentenceOf(concerns)} If it cannot wait, a lead may override this: ${command}`;
    return refused(refuse(first.code, what, why), concerns);
  }

  const operation = context.nextOperation;
  const plan = planPromotion({
    operation,
    storeId: context.storeId,
    app,
    channel,
    source: from,
    from: stake.version,
    to: testimony.version,
    reason,
    override: first && { by: sayActor(by), lifts: concerns },
    policy: promotion,
  });
  const incident = concerns.find(({ code }) => code === 'frozen')?.key;
  const open = incident === undefined ? undefined : state.incidents[incident];
  return {
    events: [
      {
        type: 'channel.locked',
        operation,
        name: by.name,
        reason: `promote ${plan.to} from ${from}`,
        kind: 'promote',
        to: plan.to,
      },
    ],
    tells: [
      {
        to: { kind: 'operation', id: operation },
        intent: {
          type: 'operation.open',
          plan,
          // The rules for an incident are there to go back fast; going on takes the usual one.
          rule: approvalRuleFor(context.policies.approvals, name, undefined),
          incident,
          severity: undefined,
          service: open?.service,
          conversation:
            open?.conversation ?? context.policies.notifications.conversations[policy.conversation] ?? '',
        },
      },
    ],
  };
}

/** It was approved: the source says again what it knows, for much may have happened since the plan was made. */
export function recheckPromotion(
  state: Channel | undefined,
  message: Of<'promotion.recheck'>,
  context: Context,
): Decision<ChannelEvent> {
  const { operation, target, version, from, lifted } = message.intent;
  const source = context.id.slice('channel:'.length);
  const to = { kind: 'channel', id: `channel:${target}` } as const;
  const observedFor = policyOf({ id: to.id, policies: context.policies })?.promotion?.observed_for ?? 0;
  const testimony = testify(state, source, version, observedFor, message.at);
  const promotion = { source, testimony, lifted };
  return { events: [], tells: [{ to, intent: { type: 'channel.begin', operation, from, promotion } }] };
}

/** What speaks against beginning an approved promotion now, as far as nobody has had it lifted. */
export function standsAgainst(
  state: Channel,
  { source, testimony, lifted }: NonNullable<Of<'channel.begin'>['intent']['promotion']>,
  context: Context,
): { readonly why: string; readonly concerns: readonly Concern[] } | undefined {
  const promotion = policyOf(context)?.promotion;
  const [app = ''] = state.name.split('/');
  if (!promotion || !isFrom(promotion, source, app)) {
    return { why: 'policies/channels.yml does not allow this promotion any more.', concerns: [] };
  }
  if (!('version' in testimony)) return { why: testimony.why, concerns: [] };
  const concerns = concernsOf(state, testimony).filter((concern) => !isLifted(concern, lifted));
  return concerns.length === 0
    ? undefined
    : { why: `${sentenceOf(concerns)} Ask again when that is over, or ask a lead to override it.`, concerns };
}

function concernsOf(
  target: Channel,
  { version, concerns }: { readonly version: string; readonly concerns: readonly Concern[] },
): readonly Concern[] {
  const ours = [...freezing(target), uncertainty(target), rolledBack(target, version)];
  return [...ours, ...concerns].filter((concern) => concern !== undefined);
}

function isFrom(promotion: PromotionPolicy, source: string, app: string): boolean {
  return promotion.from.some((each) => `${app}/${each}` === source);
}

/** Whoever overrides answers for it by name. */
function mayNotOverride(by: Actor, what: string): Refusal | undefined {
  return takesPerson(by, what) ?? lacksPermission(by, ['lead'], what);
}

function shortOf(channel: string): string {
  return channel.split('/')[1] ?? channel;
}
