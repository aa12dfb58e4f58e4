import { sayActor } from '../actor.ts';
import type { Context, Decision, Message, Tell } from '../stream.ts';
import type { ChannelEvent } from './event.ts';
import type { Of } from './intent.ts';
import { isBad } from './open-incidents.ts';
import type { Channel } from './state.ts';

/** Something that may speak against what was asked before it came. */
interface News {
  readonly why: string;
  /** Against what: promotions to the channel, promotions of a version from it, or whatever operation holds it. */
  readonly against: 'promotion' | 'from-here' | 'anything';
  readonly version?: string;
}

/**
 * Between the moment when an operation gets the channel and its first step much may happen: GitHub cannot be reached for
 * minutes. So whoever was told that they may begin hears of it, and asks again if nothing has begun by then; promotions
 * from here hear of it by their target.
 */
export function lookAgain(
  state: Channel | undefined,
  events: readonly ChannelEvent[],
  { by }: Message<unknown>,
  { id, policies }: Context,
): readonly Tell[] {
  const name = id.slice('channel:'.length);
  const news = events.flatMap((event) => newsOf(event, name, sayActor(by)) ?? []);
  if (news.length === 0) return [];
  const [app = '', source = ''] = name.split('/');
  const channels = Object.entries(policies.channels.apps[app]?.channels ?? {});
  const targets = channels.filter(([, { promotion }]) => promotion?.from.includes(source));
  return news.flatMap(({ why, against, version }): readonly Tell[] => [
    ...(against === 'from-here' ? [] : tellHolder(state, why, against === 'anything')),
    ...targets.map(([target]): Tell => ({
      to: { kind: 'channel', id: `channel:${app}/${target}` },
      intent: { type: 'promotion.look-again', version, why },
    })),
  ]);
}

/** Something came up on the source of a promotion that this channel is to get. */
export function hearFromSource(
  state: Channel | undefined,
  { intent: { version, why } }: Of<'promotion.look-again'>,
): Decision<ChannelEvent> {
  const concerns = version === undefined || version === state?.lock?.to;
  return { events: [], tells: concerns ? tellHolder(state, why, false) : [] };
}

function tellHolder(state: Channel | undefined, why: string, rollbacks: boolean): readonly Tell[] {
  const lock = state?.lock;
  if (lock?.begunAt === undefined || (lock.kind === 'rollback' && !rollbacks)) return [];
  return [{ to: { kind: 'operation', id: lock.operation }, intent: { type: 'operation.look-again', why } }];
}

function newsOf(event: ChannelEvent, name: string, by: string): News | undefined {
  switch (event.type) {
    case 'incident.noted': {
      const { incident, severity, was } = event;
      if (severity === undefined || !isBad({ severity, was })) return undefined;
      return { why: `${incident} (${severity}) is open on ${name}.`, against: 'promotion' };
    }
    case 'drift.noticed':
    case 'drift.settled': {
      if (event.side === 'file') return undefined;
      const said = event.type === 'drift.noticed' ? event.found : event.version;
      return { why: `${said ?? 'Something else'} runs on ${name}, says ${by}.`, against: 'anything' };
    }
    case 'health.reported': {
      const { version } = event.report;
      // What says nothing is no concern of a promotion, and comes every few minutes.
      const { verdict, reasons } = event.judgement;
      if (verdict !== 'fail' && !reasons.some(({ type }) => type === 'critical-so-far')) return undefined;
      return { why: `${version} is not well on ${name}.`, against: 'from-here', version };
    }
    case 'channel.locked':
      return { why: `${event.operation} (${event.reason}) holds ${name}.`, against: 'from-here' };
    case 'channel.doubted':
      return { why: `What runs on ${name} is not certain.`, against: 'from-here' };
    case 'channel.moved':
    case 'channel.queued':
    case 'channel.begun':
    case 'hold.noted':
    case 'channel.released':
    case 'deployment.known':
    case 'card.posted':
    case 'card.failed':
    case 'request.refused':
      return undefined;
    default:
      return event satisfies never;
  }
}
