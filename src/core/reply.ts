import { answer, type Answer } from './answer.ts';
import { describeChannelEvent } from './channel/describe.ts';
import type { ChannelEvent } from './channel/event.ts';
import { describeFreezeEvent } from './freeze/describe.ts';
import type { FreezeEvent } from './freeze/event.ts';
import { describeIncidentEvent } from './incident/describe.ts';
import type { IncidentEvent } from './incident/event.ts';
import { describeOperationEvent } from './operation/describe.ts';
import type { OperationEvent } from './operation/event.ts';
import type { Recorded, StreamId } from './stream.ts';

export type AnyEvent = IncidentEvent | OperationEvent | ChannelEvent | FreezeEvent;

/** One stored event and the stream it belongs to. */
export interface Happened {
  readonly stream: StreamId;
  readonly event: Recorded<AnyEvent>;
}

/** What the person who asked is told: the refusal, or what they set going. */
export function replyFor(happened: readonly Happened[]): Answer {
  const refusal = happened.find(({ event }) => event.type === 'request.refused');
  if (refusal?.event.type === 'request.refused') {
    return answer('refused', `Cannot ${refusal.event.what}`, refusal.event.why);
  }
  const lines = happened.flatMap(({ stream, event }) => {
    const text = describe(event);
    // Notes of an operation in its incident only repeat what the operation says itself.
    return text === undefined || event.type === 'operation.noted'
      ? []
      : [`${stream.replace(/^(?:channel|freeze):/, '')}: ${text}`];
  });
  const [first, ...rest] = lines;
  const voided = happened.find(
    ({ stream, event }) => event.type === 'operation.voided' && stream === happened[0]?.stream,
  );
  // Whoever approves what turns out to be void has not brought it on its way.
  if (voided) return answer('refused', `${voided.stream}: ${describe(voided.event) ?? ''}`);
  return first === undefined
    ? answer('info', 'Nothing has changed.')
    : answer('done', first, ...rest.slice(0, 5), ...happened.flatMap(sayWithoutSlack));
}

/** Whoever asks from elsewhere may do so because Slack is away, and has to tell the others themselves. */
function sayWithoutSlack({ stream, event }: Happened): readonly string[] {
  if (event.type !== 'operation.planned' || !event.asks?.people.length) return [];
  const elsewhere = 'via' in event.by && event.by.via !== 'slack';
  return elsewhere ? [`They approve without Slack by: /operation approve ${stream} ${event.hash}`] : [];
}

function describe(event: Recorded<AnyEvent>): string | undefined {
  switch (event.type) {
    case 'channel.moved': {
      // Out of doubt, the same may be said again.
      const instead = event.from === event.to ? '' : `, instead of ${event.from ?? 'nothing'}`;
      return event.cause === 'set'
        ? `${event.to} is recorded as live${instead}: ${event.reason}. Nothing was deployed.`
        : `${event.to} is live now${instead}.`;
    }
    case 'channel.locked':
    case 'channel.queued':
    case 'channel.begun':
    case 'hold.noted':
    case 'channel.released':
    case 'channel.doubted':
    case 'deployment.known':
    case 'incident.noted':
      return undefined;
    case 'health.reported':
    case 'drift.noticed':
    case 'drift.settled':
      return describeChannelEvent(event);
    case 'production.frozen':
    case 'lift.confirmed':
    case 'production.thawed':
    case 'freeze.holds':
    case 'freeze.lets-go':
      return describeFreezeEvent(event);
    case 'operation.planned':
    case 'approval.given':
    case 'operation.approved':
    case 'operation.unblocked':
    case 'operation.frozen':
    case 'operation.thawed':
    case 'recheck.requested':
    case 'step.held':
    case 'operation.rejected':
    case 'operation.withdrawn':
    case 'operation.expired':
    case 'operation.voided':
    case 'operation.begun':
    case 'step.started':
    case 'step.progressed':
    case 'step.done':
    case 'step.failed':
    case 'step.unknown':
    case 'operation.verified':
    case 'abort.requested':
    case 'operation.finished':
    case 'operation.settled':
      return describeOperationEvent(event);
    default:
      return describeIncidentEvent(event);
  }
}
