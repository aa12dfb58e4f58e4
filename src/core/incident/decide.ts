import { isPage, meansOf, type EffectSettled, type PageEffect } from '../effect.ts';
import { hasRole, type Actor } from '../actor.ts';
import { anyRole, lacksPermission, takesPerson } from '../permission.ts';
import type { Policies } from '../policies/policies.ts';
import { refuse } from '../refusal.ts';
import { freezes, isWorse, worst, type Severity } from '../severity.ts';
import { nothing, type Context, type Decision, type Message, type Tell } from '../stream.ts';
import type { Clocks, IncidentEvent } from './event.ts';
import type { IncidentIntent } from './intent.ts';
import { recipientOf } from './ladder.ts';
import { hearPagerduty } from './pagerduty.ts';
import { accountCalled } from './pagerduty-pages.ts';
import { tick } from './tick.ts';
import { settleCard } from '../settle-card.ts';
import { unknownSeverities } from './unknown-severity.ts';
import { evolveIncident, isHolder, isOpen, type FiringAlert, type Incident } from './state.ts';

type Of<Type extends IncidentIntent['type']> = Message<Extract<IncidentIntent, { type: Type }>>;

/** What an intent makes happen to an incident. */
export function decideIncident(
  state: Incident | undefined,
  message: Message<IncidentIntent>,
  context: Context,
): Decision<IncidentEvent> {
  const { intent } = message;
  switch (intent.type) {
    case 'alerts.receive':
      return receiveAlerts(state, { ...message, intent }, context);
    case 'incident.declare':
      return declare(state, { ...message, intent }, context);
    default:
      break;
  }
  // Everything else needs an incident; one that is gone (or never was) has nothing to say.
  if (!state) return nothing;
  switch (intent.type) {
    case 'incident.acknowledge':
      return acknowledge(state, { ...message, intent });
    case 'incident.set-severity':
      return setSeverity(state, { ...message, intent }, context);
    case 'incident.resolve':
      return resolve(state, { ...message, intent });
    case 'incident.name-suspect':
      // The first rung is called here, so that whoever is paged first reads what was released, too.
      return {
        events: withDueCalls(state, [{ type: 'suspect.named', suspect: intent.suspect }], message, context),
        tells: [],
      };
    case 'incident.note-operation': {
      const { type: _note, ...noted } = intent;
      return only({ type: 'operation.noted', ...noted });
    }
    case 'incident.note-refusal':
      return only(intent.refusal);
    case 'pagerduty.report':
      return hearPagerduty(state, { ...message, intent }, () =>
        acknowledge(state, { ...message, intent: { type: 'incident.acknowledge' } }),
      );
    case 'clock.tick':
      return { events: tick(state, { ...message, intent }, context), tells: [] };
    case 'effect.settled':
      return settle(state, intent, context.policies);
    case 'effect.progressed':
      return nothing;
    default:
      return intent satisfies never;
  }
}

function only(event: IncidentEvent): Decision<IncidentEvent> {
  return { events: [event], tells: [] };
}

function receiveAlerts(
  state: Incident | undefined,
  message: Of<'alerts.receive'>,
  context: Context,
): Decision<IncidentEvent> {
  const { alerts } = message.intent;
  const events: IncidentEvent[] = [];
  const tells: Tell[] = [];
  if (!state) {
    const firing = alerts.filter(({ alert }) => alert.status === 'firing');
    const worstFiring = worst(firing.map(({ route }) => route.severity));
    const first = firing[0];
    // A resolve for something that never opened here changes nothing.
    if (!first || !worstFiring) return nothing;
    const { service, app, channel } = first.route;
    const title =
      firing.find(({ route }) => route.severity === worstFiring)?.alert.title ?? first.alert.title;
    const opened = open({ title, severity: worstFiring, service, app, channel }, context);
    events.push(...opened.events);
    tells.push(...opened.tells);
  }
  const firingNow = new Map<string, Pick<FiringAlert, 'title' | 'summary' | 'severity'>>(
    Object.entries(state?.firing ?? {}),
  );
  const worsened: Severity[] = [];
  for (const { alert, route } of alerts) {
    const known = firingNow.get(alert.fingerprint);
    if (alert.status === 'resolved') {
      if (known) events.push({ type: 'alert.resolved', fingerprint: alert.fingerprint, title: known.title });
      firingNow.delete(alert.fingerprint);
      continue;
    }
    // A repeated alert that says nothing new costs a look-up, not an event.
    if (known && known.severity === route.severity && sameWords(known.summary, alert.summary)) continue;
    const { fingerprint, title, summary, version, url, dashboard, runbook, startsAt } = alert;
    const { severity, note } = route;
    firingNow.set(fingerprint, { title, summary, severity });
    // A repeat does not undo what a person has lowered: only news raises.
    if (!known || isWorse(severity, known.severity)) worsened.push(severity);
    const links = { url, dashboard, runbook };
    const said = { fingerprint, title, summary, severity, version, startsAt, note };
    events.push({ type: 'alert.fired', ...said, ...links });
  }
  events.push(...unknownSeverities(state, alerts));
  const worstNew = worst(worsened);
  if (state && worstNew && isWorse(worstNew, state.severity)) {
    const change = severityChange(state, worstNew, 'a worse alert joined', message.by, context.policies);
    events.push(change);
    tells.push(toChannel(state, worstNew, change.was));
  }
  const after = fold(state, events, message, context);
  const silent = after && Object.keys(after.firing).length === 0 && !after.cleared;
  if (silent && !after.declared && events.length > 0) {
    events.push({ type: 'alerts.cleared' });
  }
  return { events: state ? withDueCalls(state, events, message, context) : events, tells };
}

/** A number that moves all the time is no news. */
function sameWords(a: string, b: string): boolean {
  const words = (text: string): string => text.replace(/\d+(?:[.,]\d+)*/g, '#');
  return words(a) === words(b);
}

function declare(
  state: Incident | undefined,
  message: Of<'incident.declare'>,
  context: Context,
): Decision<IncidentEvent> {
  const what = state ? `declare a second incident for ${state.serviceTitle}` : 'declare an incident';
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return state ? only(lacking) : nothing;
  if (state) {
    return only(
      refuse(
        'no-change',
        what,
        `${state.id} (${state.severity}: ${state.title}) is open on ${state.app}/${state.channel} already. Take it: /incident ack ${state.id}. If it is worse than that: /incident sev ${state.id} P0 <reason>.`,
      ),
    );
  }
  return open(message.intent, context);
}

/** Opens the incident and asks its channel what is live there; the answer comes back in the same transaction. */
function open(
  what: {
    readonly title: string;
    readonly severity: Severity;
    readonly service: string;
    readonly app: string;
    readonly channel: string;
  },
  { policies, id, storeId }: Context,
): Decision<IncidentEvent> {
  const service = policies.services.services[what.service];
  const slice = severitySlice(what.service, what.severity, policies);
  // Routing and commands name only services that are there, and the loader sees to their ladders.
  if (!service || !slice) throw new Error(`service ${what.service} is not in services.yml`);
  const conversations = policies.notifications.conversations;
  const conversation = conversations[service.conversation] ?? '';
  const opened: IncidentEvent = {
    type: 'incident.opened',
    title: what.title,
    severity: what.severity,
    service: what.service,
    serviceTitle: service.title,
    app: what.app,
    channel: what.channel,
    conversation,
    emergency: conversations['emergency'] ?? '',
    rotation: service.rotation,
    storeId,
    runbook: service.runbook,
    ...slice,
    policies: policies.hashes,
  };
  const tells: Tell[] = [
    {
      to: { kind: 'channel', id: `channel:${what.app}/${what.channel}` },
      intent: {
        type: 'channel.note-incident',
        incident: id,
        severity: what.severity,
        conversation,
        service: what.service,
      },
    },
  ];
  return { events: [opened], tells };
}

function toChannel(
  { id, app, channel, conversation, service }: Incident,
  severity: Severity | undefined,
  was?: Severity,
): Tell {
  return {
    to: { kind: 'channel', id: `channel:${app}/${channel}` },
    intent: { type: 'channel.note-incident', incident: id, severity, was, conversation, service },
  };
}

function acknowledge(state: Incident, message: Of<'incident.acknowledge'>): Decision<IncidentEvent> {
  const what = `acknowledge ${state.id}`;
  const lacking = takesPerson(message.by, what) ?? lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  // A second click is no deed: nothing to put on record, and nothing to refuse.
  if (isHolder(state, message.by)) return nothing;
  const { acknowledged: had } = state;
  const from = had && { from: { name: had.by, person: had.person } };
  return only({ type: 'incident.acknowledged', name: message.by.name, ...from });
}

function setSeverity(
  state: Incident,
  message: Of<'incident.set-severity'>,
  context: Context,
): Decision<IncidentEvent> {
  const { severity, reason } = message.intent;
  const what = `set ${state.id} to ${severity}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  const change = severityChange(state, severity, reason, message.by, context.policies);
  // A lead may confirm what somebody else has lowered.
  if (severity === state.severity && change.was === state.was)
    return only(refuse('no-change', what, `${state.id} is ${severity} already.`));
  return {
    events: withDueCalls(state, [change], message, context),
    tells: [toChannel(state, severity, change.was)],
  };
}

function resolve(state: Incident, message: Of<'incident.resolve'>): Decision<IncidentEvent> {
  const what = `resolve ${state.id}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return only(lacking);
  if (!isOpen(state)) return only(alreadyResolved(state, what));
  const operations = Object.entries({ ...state.operations, ...state.promotions });
  const unknown = operations.find(([, progress]) => progress === 'unknown');
  if (unknown) {
    return only(
      refuse(
        'not-open',
        what,
        `Nobody knows how ${unknown[0]} ended. Look, say so on its card, and resolve then.`,
      ),
    );
  }
  const busy = operations.find(([, progress]) => progress === 'open' || progress === 'running');
  if (busy) {
    const instead = busy[1] === 'running' ? 'abort' : 'withdraw';
    return only(
      refuse(
        'not-open',
        what,
        `${busy[0]} is still under way on ${state.app}/${state.channel}. Resolve when it has ended, or ${instead} it first.`,
      ),
    );
  }
  return {
    events: [{ type: 'incident.resolved', name: message.by.name, reason: message.intent.reason }],
    tells: [toChannel(state, undefined)],
  };
}

function alreadyResolved(state: Incident, what: string): IncidentEvent {
  const by = state.resolved ? ` by ${state.resolved.by}` : '';
  return refuse(
    'not-open',
    what,
    `${state.id} was resolved${by}. If it is back, declare a new one: /incident declare.`,
  );
}

function severityChange(
  state: Incident,
  to: Severity,
  reason: string,
  by: Actor,
  policies: Policies,
): Extract<IncidentEvent, { type: 'severity.changed' }> {
  // A service that has left the policies meanwhile keeps what its incident began with.
  const { clocks, ladder } = severitySlice(state.service, to, policies) ?? state;
  const was = stillFreezing(state, to, by);
  return { type: 'severity.changed', from: state.severity, to, was, reason, clocks, ladder };
}

/** A freeze is lifted by a lead, who answers for it by name, and not by calling the incident less than it was. */
function stillFreezing(state: Incident, to: Severity, by: Actor): Severity | undefined {
  const was = state.was ?? state.severity;
  const lifts = by.kind === 'person' && hasRole(by, ['lead']);
  return freezes(was) && !freezes(to) && !lifts ? was : undefined;
}

/** What a severity means for a service: its clocks and its ladder, to be copied into the incident; undefined when the policies have no such service. */
function severitySlice(
  service: string,
  severity: Severity,
  policies: Policies,
): { readonly clocks: Clocks; readonly ladder: Incident['ladder'] } | undefined {
  const level = policies.severity.levels[severity];
  const escalation = policies.services.services[service]?.escalation ?? '';
  const ladder = policies.escalation.policies[escalation]?.[severity];
  if (!ladder) return undefined;
  return {
    ladder,
    clocks: {
      acknowledgeWithin: level.acknowledge_within,
      rollbackStartWithin: level.rollback_start_within,
      rollbackBudget: level.rollback_budget,
      resolveWithin: level.resolve_within,
      acknowledgedFor: level.acknowledged_for,
    },
  };
}

/** A page's receipt, or why there is none; and where the card was posted. */
function settle(
  state: Incident,
  { id, effect, outcome }: EffectSettled,
  policies: Policies,
): Decision<IncidentEvent> {
  if (isPage(effect)) return settlePage(id, effect, outcome, policies);
  // Of direct messages that say who has it, the pages themselves are on record.
  return effect.type === 'slack.card' && effect.card === undefined
    ? settleCard(state, effect.conversation, outcome)
    : nothing;
}

function settlePage(
  id: string,
  effect: PageEffect,
  outcome: EffectSettled['outcome'],
  policies: Policies,
): Decision<IncidentEvent> {
  const calls = effect.type !== 'page.pagerduty' || effect.action === 'trigger';
  if (!calls && outcome.status !== 'failed') return nothing;
  const page = { page: id, name: recipientOf(effect, policies), means: meansOf(effect) };
  switch (outcome.status) {
    case 'done': {
      const { receipt, note } = outcome;
      const called = effect.type === 'page.slack' && effect.person !== undefined;
      return only({
        type: 'page.delivered',
        ...page,
        receipt,
        ...(called ? { person: effect.person } : {}),
        ...accountCalled(effect, receipt),
        ...(note === undefined ? {} : { note }),
      });
    }
    case 'withheld':
      return only({ type: 'page.withheld', ...page, why: outcome.why });
    case 'failed':
    case 'unknown':
      return only({ type: 'page.failed', ...page, certain: outcome.status === 'failed', why: outcome.why });
    default:
      return outcome satisfies never;
  }
}

/** Rungs that are due at this moment are called in the same decision. */
function withDueCalls(
  state: Incident,
  events: readonly IncidentEvent[],
  message: Message<IncidentIntent>,
  context: Context,
): readonly IncidentEvent[] {
  const now = fold(state, events, message, context);
  if (!now) return events;
  const calls = tick(now, { ...message, intent: { type: 'clock.tick', down: undefined } }, context);
  return [...events, ...calls];
}

/** The state as it will be, for decisions that depend on their own events. */
export function fold(
  state: Incident | undefined,
  events: readonly IncidentEvent[],
  message: Pick<Message<unknown>, 'at' | 'by'>,
  context: Context,
): Incident | undefined {
  return events.reduce<Incident | undefined>(
    (before, event) =>
      evolveIncident(before, { ...event, seq: 0, at: message.at, by: message.by }, context.id),
    state,
  );
}
