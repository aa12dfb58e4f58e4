import { sayActor } from '../actor.ts';
import type { EffectProgressed, EffectSettled, Receipt } from '../effect.ts';
import { freezeAddress } from '../freeze/state.ts';
import { doneWord, sayPlan } from '../plan/words.ts';
import { nothing, type Decision, type StreamId, type Tell } from '../stream.ts';
import { sentence } from '../sentence.ts';
import { settleCard } from '../settle-card.ts';
import type { Instant } from '../time.ts';
import type { OperationEvent, OperationOutcome } from './event.ts';
import { cardOfRequest, settleRequest } from './requests.ts';
import { isTooLate, type Operation } from './state.ts';

export function firstStep(state: Operation): OperationEvent {
  return startStep(state, 0);
}

/** One step has ended: the next one begins, or the operation is over. */
export function settleStep(state: Operation, intent: EffectSettled, at: Instant): Decision<OperationEvent> {
  const { effect, outcome } = intent;
  const request = cardOfRequest(effect);
  if (request !== undefined) return settleRequest(state, request, intent);
  if (effect.type === 'slack.card') return settleCard(state, effect.conversation, outcome);
  if (effect.type !== 'step.run') return nothing;
  const { step } = effect;
  const planned = state.plan.steps[step];
  if (state.status !== 'running' || state.steps[step]?.status !== 'running' || !planned) return nothing;
  const { title } = planned;
  switch (outcome.status) {
    case 'done':
      return goOn(state, step, { type: 'step.done', step, title, ...noteAndUrl(outcome.receipt) });
    case 'withheld': {
      // Whoever has it stopped does not wait until somebody lifts the freeze.
      const goesOn = state.aborting === undefined || state.verified;
      if (outcome.frozen && goesOn) return hold(state, step);
      if (state.recheck !== undefined && step === 0 && goesOn && !isTooLate(state, at))
        return hold(state, step, state.recheck);
      const ended: OperationEvent = { type: 'step.failed', step, title, note: outcome.why, url: undefined };
      // A step before this one may have changed something; this one has not.
      const { aborting } = state;
      return finish(
        state,
        'failed',
        [ended],
        outcome.why,
        step > 0,
        aborting === undefined ? {} : { stoppedBy: aborting },
      );
    }
    case 'failed':
    case 'unknown': {
      const url = httpUrl(outcome.receipt?.['url']) ?? state.steps[step]?.url;
      const type = outcome.status === 'failed' ? 'step.failed' : 'step.unknown';
      const ended: OperationEvent = { type, step, title, note: outcome.why, url };
      // What only records it elsewhere cannot undo it: the others still get their turn.
      if (planned.phase === 'record') return goOn(state, step, ended);
      const { aborting } = state;
      // Whoever had it stopped knows of it; an outcome that nobody knows is news to them, too.
      const stopped = outcome.status === 'failed' && aborting !== undefined ? { stoppedBy: aborting } : {};
      // Steps before this one have changed something.
      const touched = step > 0 || outcome.status === 'unknown' || outcome.begun !== false;
      return finish(state, outcome.status, [ended], sentence(`${title}: ${outcome.why}`), touched, stopped);
    }
    default:
      return outcome satisfies never;
  }
}

/** A step that takes long says how far it is. */
export function progressStep(
  state: Operation,
  { effect, receipt }: EffectProgressed,
): Decision<OperationEvent> {
  if (effect.type !== 'step.run' || state.steps[effect.step]?.status !== 'running') return nothing;
  const { note, url } = noteAndUrl(receipt);
  const before = state.steps[effect.step];
  if (before?.note === note && before.url === url) return nothing;
  return { events: [{ type: 'step.progressed', step: effect.step, note, url }], tells: [] };
}

export function channelOf(state: Operation): Tell['to'] {
  return { kind: 'channel', id: `channel:${state.plan.app}/${state.plan.channel}` };
}

export function moveChannel(state: Operation): Tell {
  const actor = sayActor(state.requestedBy);
  const { plan } = state;
  const { app, from, to: version, reason } = plan;
  const source = plan.kind === 'promote' ? { source: `${app}/${plan.source}` } : {};
  return {
    to: channelOf(state),
    intent: { type: 'channel.move', operation: state.id, from, version, reason, actor, ...source },
  };
}

function goOn(state: Operation, step: number, ended: OperationEvent): Decision<OperationEvent> {
  const next = state.plan.steps[step + 1];
  const proven = !state.verified && (next === undefined || next.phase === 'record');
  const verified: readonly OperationEvent[] = proven ? [{ type: 'operation.verified' }] : [];
  const tells = proven ? [moveChannel(state)] : [];
  if (state.aborting !== undefined && next && !proven && !state.verified) {
    const title = state.plan.steps[step]?.title ?? '';
    return finish(state, 'failed', [ended], `Stopped by ${state.aborting} after “${title}”.`, true, {
      stoppedBy: state.aborting,
    });
  }
  if (next) return { events: [ended, ...verified, startStep(state, step + 1)], tells };
  const missing = unfinishedRecords(state, ended);
  const over = finish(state, 'done', [ended, ...verified], sayDone(state, missing), true, { left: missing });
  return { events: over.events, tells: [...tells, ...over.tells] };
}

/** Said aloud in the conversation, where nobody has the card before their eyes. */
function sayDone({ plan }: Operation, missing: readonly string[]): string {
  const proved = `${doneWord(plan)} ${plan.app}/${plan.channel} to ${plan.to}, and verified.`;
  return missing.length === 0 ? proved : `${proved} Somebody has to see to the rest: ${missing.join('; ')}.`;
}

/** Steps that only record it elsewhere, and have not been done when everything else has ended. */
export function neverRecorded({ plan, steps }: Operation): readonly string[] {
  return plan.steps.flatMap(({ title, phase }, index) =>
    phase === 'record' && steps[index]?.status !== 'done' ? [title] : [],
  );
}

function unfinishedRecords(state: Operation, last: OperationEvent): readonly string[] {
  return state.plan.steps.flatMap(({ title, phase }, index) => {
    const failedNow = 'step' in last && last.step === index && last.type !== 'step.done';
    const status = state.steps[index]?.status;
    return phase === 'record' && (failedNow || status === 'failed' || status === 'unknown') ? [title] : [];
  });
}

/**
 * Production was frozen before the step began: it waits, and the switch says when it may. Before the first step the channel
 * is then asked again; so it is at once if something else is the reason.
 */
function hold(state: Operation, step: number, why?: string): Decision<OperationEvent> {
  const { title = '' } = state.plan.steps[step] ?? {};
  const held: OperationEvent = { type: 'step.held', step, title, ...(why === undefined ? {} : { why }) };
  const frozen = why === undefined || state.frozen !== undefined;
  return {
    events: [held],
    tells: [noteHold(state, step > 0, frozen), askSwitch(state.id, state.plan, true)],
  };
}

/** The channel says to others why it is held, and a promotion that has not begun brings nothing. */
export function noteHold(state: Operation, begun: boolean, frozen: boolean): Tell {
  return {
    to: channelOf(state),
    intent: { type: 'channel.note-hold', operation: state.id, begun, frozen },
  };
}

/** Between two steps nothing is under way that would have to be waited for. */
export function stopHeld(
  state: Operation,
  stopped: Extract<OperationEvent, { type: 'abort.requested' }>,
): Decision<OperationEvent> {
  const { name, yieldsTo } = stopped;
  if (state.verified) {
    // Only records of it are missing, which would keep the channel for as long as production is frozen.
    const left = neverRecorded(state);
    return finish(state, 'done', [stopped], sayDone(state, left), true, { left });
  }
  const title = state.plan.steps[(state.held ?? 0) - 1]?.title ?? '';
  const why = `Stopped by ${name} after “${title}”.`;
  return finish({ ...state, yieldsTo }, 'failed', [stopped], why, true, { stoppedBy: name });
}

export function leaveSwitch({ id, frozen, held }: Operation): readonly Tell[] {
  return frozen === undefined && held === undefined ? [] : [tellSwitchToForget(id)];
}

/** Nobody who lifts a freeze has to think of it any more. */
export function tellSwitchToForget(operation: StreamId): Tell {
  return { to: freezeAddress, intent: { type: 'freeze.leave', operation } };
}

/**
 * Asks the kill switch, which answers in the same transaction.
 * @param ready it begins, or goes on, by itself as soon as it may
 */
export function askSwitch(id: string, plan: Operation['plan'], ready: boolean): Tell {
  return { to: freezeAddress, intent: { type: 'freeze.ask', operation: id, what: sayPlan(plan), ready } };
}

export function finish(
  state: Operation,
  outcome: OperationOutcome,
  before: readonly OperationEvent[],
  why: string,
  touched: boolean,
  more: { readonly left?: readonly string[]; readonly stoppedBy?: string } = {},
): Decision<OperationEvent> {
  const { left = [], stoppedBy } = more;
  const release: Tell = {
    to: channelOf(state),
    intent: { type: 'channel.release', operation: state.id, outcome, touched, why },
  };
  return {
    events: [
      ...before,
      { type: 'operation.finished', outcome, why, touched, stoppedBy, yieldedTo: state.yieldsTo, left },
    ],
    tells: [release, ...leaveSwitch(state)],
  };
}

export function startStep(state: Operation, step: number): OperationEvent {
  return { type: 'step.started', step, title: state.plan.steps[step]?.title ?? '' };
}

function noteAndUrl(receipt: Receipt): { readonly note: string; readonly url: string | undefined } {
  return { note: receipt['note'] ?? '', url: httpUrl(receipt['url']) };
}

/** A link goes onto a card only when it is one. */
function httpUrl(text: string | undefined): string | undefined {
  return text !== undefined && /^https?:\/\/[^\s<>|]+$/.test(text) ? text : undefined;
}
