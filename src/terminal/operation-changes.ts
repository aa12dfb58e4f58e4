import { sayDate, sayDuration, sayMoment, type Instant } from '../core/time.ts';
import type { OperationShape } from '../http/api/operation-shapes.ts';

export interface Change {
  /** ISO; undefined when nobody noted it. */
  readonly at: string | undefined;
  readonly text: string;
}

/** What an operation did between two looks, oldest first; of the first look, what has happened to it so far. */
export function changesOf(
  before: OperationShape | undefined,
  after: OperationShape,
  now: Instant,
): readonly Change[] {
  const approvals = after.approvals.given.slice(before?.approvals.given.length ?? 0).map(({ by, at }) => ({
    at,
    text: `Approved by ${by}.`,
  }));
  const steps = after.steps.flatMap((step, index) => changesOfStep(before?.steps[index], step, index, after));
  const abort =
    after.abort_requested_by !== null && before?.abort_requested_by !== after.abort_requested_by
      ? [{ at: undefined, text: `${after.abort_requested_by} asked to stop; no further step begins.` }]
      : [];
  const begun =
    before?.status !== after.status ? [{ at: statusSince(after), text: sayStatus(after, now) }] : [];
  const ended = after.ended_at !== null || after.status === 'unknown';
  return ended
    ? [...approvals, ...steps, ...abort, ...begun]
    : [...approvals, ...changesOfFreeze(before, after), ...begun, ...abort, ...steps];
}

function changesOfFreeze(before: OperationShape | undefined, { frozen }: OperationShape): readonly Change[] {
  if ((before?.frozen ?? null) === null)
    return frozen === null
      ? []
      : [
          {
            at: frozen.since,
            text: `Production is frozen by ${frozen.by}: ${frozen.reason}. No step begins until two people have lifted that.`,
          },
        ];
  return frozen === null ? [{ at: undefined, text: 'Production is no longer frozen.' }] : [];
}

type Step = OperationShape['steps'][number];

function changesOfStep(
  before: Step | undefined,
  { status, title, note, url, started_at, ended_at }: Step,
  index: number,
  { steps }: OperationShape,
): readonly Change[] {
  if (status === 'waiting') return [];
  if (before?.status === status && before.note === note && before.url === url) return [];
  const tail = [note, url ?? ''].filter((part) => part !== '').map((part) => ` — ${part}`);
  const said = status === 'failed' || status === 'unknown' ? status.toUpperCase() : status;
  const at = ended_at ?? (before?.status === status ? undefined : (started_at ?? undefined));
  return [{ at, text: `Step ${index + 1} of ${steps.length}, ${title}: ${said}${tail.join('')}` }];
}

function statusSince({ status, requested_at, begun_at, ended_at }: OperationShape): string | undefined {
  if (status === 'awaiting-approval') return requested_at;
  return ended_at ?? (status === 'running' ? (begun_at ?? undefined) : undefined);
}

function sayStatus(operation: OperationShape, now: Instant): string {
  const { id, kind, source, channel, from, to, status, why, approvals, expires_at } = operation;
  const tail = why === '' ? '' : ` ${why}`;
  switch (status) {
    case 'awaiting-approval':
      return `${id}: ${kind === 'promote' ? `promotion from ${source ?? '?'} to` : 'rollback of'} ${channel} ${from} → ${to} waits for approval, ${approvals.given.length} of ${approvals.needed} so far (${approvals.roles.join(' or ')}), until ${sayDeadline(Date.parse(expires_at), now)}.`;
    case 'approved':
      return `${id} is approved.`;
    case 'running':
      return `${id} has started.`;
    case 'done':
      return `${id} is done.${tail}`;
    case 'failed':
      return `${id} FAILED.${tail}`;
    case 'unknown':
      return `${id}: nobody knows how it ended.${tail} When you have looked: lastgood operation settle ${id} <done|failed> <reason…>`;
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return `${id} is ${status}.${tail}`;
    default:
      return status satisfies never;
  }
}

/** `03:15:00 UTC, in 14m`; with its date when that is not today. */
function sayDeadline(at: Instant, now: Instant): string {
  const left = at - now;
  const moment = Math.abs(left) < 12 * 3_600_000 ? sayMoment(at) : sayDate(at);
  return left > 0 ? `${moment}, in ${sayDuration(left)}` : moment;
}
