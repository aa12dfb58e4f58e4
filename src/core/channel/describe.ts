import { sayActor } from '../actor.ts';
import type { Verdict } from '../health/judge.ts';
import { isFailing, sayReason } from '../health/reason.ts';
import type { Recorded } from '../stream.ts';
import type { DriftNoticed, DriftSettled } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import type { HealthReported } from './health-state.ts';
import { sayLeft } from './left-by-rollback.ts';

export const verdictWords: Readonly<Record<Verdict, string>> = {
  pass: 'passes',
  fail: 'FAILS',
  inconclusive: 'is inconclusive',
};

/** What happened to a release channel besides moving, in a sentence; undefined for what its operations tell. */
export function describeChannelEvent(event: Recorded<ChannelEvent>): string | undefined {
  switch (event.type) {
    case 'health.reported':
      return sayHealth(event);
    case 'drift.noticed':
      return sayNoticed(event);
    case 'drift.settled':
      return saySettled(event);
    case 'card.failed':
      return `The card could not be shown: ${event.why}`;
    default:
      return undefined;
  }
}

function sayHealth({ report, judgement, before }: HealthReported): string {
  const { verdict, reasons } = judgement;
  const was = before === undefined || before === verdict ? '' : `, it ${sayBefore(before)}`;
  const told = verdict === 'fail' ? reasons.filter(isFailing) : reasons;
  const isCounted = told.some(({ type }) => type === 'too-few');
  const why = [...(isCounted ? [] : [`${report.sessions} sessions`]), ...told.map(sayReason)];
  return `${report.version} ${verdictWords[verdict]}${was}: ${why.join('. ')}.`;
}

function sayBefore(verdict: Verdict): string {
  return { pass: 'passed before', fail: 'failed before', inconclusive: 'was inconclusive before' }[verdict];
}

function sayNoticed(event: Recorded<DriftNoticed>): string {
  const { side, cause, found, operation } = event;
  const ours = event.ours ?? 'nothing';
  if (side === 'file') {
    const left = sayLeft(event.missed ?? []);
    const also = left === '' ? '' : ` It also says that since the backup ${left}.`;
    return `The registry file says ${found ?? 'nothing'}, and our records say ${ours}.${also}`;
  }
  const records = found === ours ? 'as our records say' : `and our records say ${ours}`;
  const runs = `${found ?? 'Something else'} runs here, says ${sayActor(event.by)}, ${records}.`;
  switch (cause) {
    case 'left-by-rollback':
      return `${runs} It was rolled back before, and something has deployed it again. Nothing was recorded: somebody has to decide.`;
    case 'meanwhile':
      return `${runs} Which came last, that or ${operation ?? 'an operation'}, is not certain. Nothing was recorded: somebody has to look.`;
    case 'held':
    case 'edited':
      return `${runs} ${operation ?? 'An operation'} holds the channel, and did not deploy it. Nothing was recorded: somebody has to look.`;
    default:
      return cause satisfies never;
  }
}

function saySettled(event: Recorded<DriftSettled>): string {
  const version = event.version ?? 'nothing';
  const who = sayActor(event.by);
  switch (event.how) {
    case 'agrees':
      return event.side === 'file'
        ? `Settled by itself: the registry file says ${version} again, as our records do.`
        : `Settled by itself: what runs is ${version} again, as our records say.`;
    case 'recorded':
      return `Settled by ${who}: ${version} is recorded as live.`;
    case 'kept':
      return `Settled by ${who}: ${version} stays, and the registry file is written again.`;
    case 'replaced':
      return `Settled: ${version} has been deployed over it.`;
    case 'taken-back':
      return `Settled: ${version} was put live and verified.`;
    case 'overtaken':
      return `No longer of interest: by now ${version} is recorded as live.`;
    default:
      return event.how satisfies never;
  }
}
