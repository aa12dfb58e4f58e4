import type { Ask } from '../../commands/verb.ts';
import { answer } from '../core/answer.ts';
import { freezeId } from '../core/freeze/state.ts';
import type { Intent } from '../core/intent.ts';
import type { StreamName } from '../core/stream.ts';
import { parseVersion } from '../core/version.ts';
import { buttons, type ButtonId, type ButtonValue } from './buttons.ts';

/** A button that somebody pressed; `value` is what it carried, as parsed JSON, and may be anything. */
export interface Click {
  readonly actionId: string;
  readonly value: unknown;
}

/**
 * What a click asks for. The message may be old and the state may have moved on: whether it is still possible is for
 * the core to say, so the value names only what the person saw (which stream, which plan).
 */
export function askOfClick({ actionId, value }: Click): Ask {
  switch (actionId as ButtonId) {
    case 'incident.acknowledge': {
      const { data } = buttons['incident.acknowledge'].safeParse(value);
      return data ? ask('incident', data.id, { type: 'incident.acknowledge' }) : unreadable;
    }
    case 'incident.resolve': {
      const { data } = buttons['incident.resolve'].safeParse(value);
      return data ? ask('incident', data.id, { type: 'incident.resolve', reason: '' }) : unreadable;
    }
    case 'incident.raise': {
      const { data } = buttons['incident.raise'].safeParse(value);
      if (!data) return unreadable;
      const { id, severity } = data;
      return ask('incident', id, { type: 'incident.set-severity', severity, reason: `from ${id}'s card` });
    }
    case 'incident.rollback': {
      const { data } = buttons['incident.rollback'].safeParse(value);
      const version = data && parseVersion(data.version);
      if (!data || version === undefined) return unreadable;
      return ask('channel', `channel:${data.channel}`, {
        type: 'rollback.request',
        target: { version },
        reason: `from ${data.id}'s card`,
      });
    }
    case 'channel.rollback': {
      const { data } = buttons['channel.rollback'].safeParse(value);
      const version = data && parseVersion(data.version);
      if (!data || version === undefined) return unreadable;
      const { channel, leaving, reason } = data;
      const intent = { type: 'rollback.request', target: { version }, leaving, reason } as const;
      return ask('channel', `channel:${channel}`, intent);
    }
    case 'drift.record': {
      const { data } = buttons['drift.record'].safeParse(value);
      return data ? askOfDrift(data, 'theirs') : unreadable;
    }
    case 'drift.keep': {
      const { data } = buttons['drift.keep'].safeParse(value);
      return data ? askOfDrift(data, 'ours') : unreadable;
    }
    case 'freeze.lift': {
      const { data } = buttons['freeze.lift'].safeParse(value);
      if (!data) return unreadable;
      return ask('freeze', freezeId, { type: 'freeze.lift', reason: 'from its card', freeze: data.freeze });
    }
    case 'operation.approve': {
      const { data } = buttons['operation.approve'].safeParse(value);
      return data ? ask('operation', data.id, { type: 'operation.approve', hash: data.hash }) : unreadable;
    }
    case 'operation.reject': {
      const { data } = buttons['operation.reject'].safeParse(value);
      return data ? ask('operation', data.id, { type: 'operation.reject', hash: data.hash }) : unreadable;
    }
    case 'operation.abort': {
      const { data } = buttons['operation.abort'].safeParse(value);
      return data ? ask('operation', data.id, { type: 'operation.abort' }) : unreadable;
    }
    case 'operation.settle': {
      const { data } = buttons['operation.settle'].safeParse(value);
      if (!data) return unreadable;
      const { id, outcome } = data;
      return ask('operation', id, { type: 'operation.settle', outcome, why: `Settled from ${id}'s card.` });
    }
    default:
      return unreadable;
  }
}

function askOfDrift({ channel, drift }: ButtonValue<'drift.keep'>, side: 'theirs' | 'ours'): Ask {
  return ask('channel', `channel:${channel}`, { type: 'drift.take', drift, side });
}

function ask(kind: StreamName, id: string, intent: Intent): Ask {
  return { kind: 'intent', to: { kind, id }, intent };
}

const unreadable: Ask = {
  kind: 'answer',
  answer: answer(
    'refused',
    'This button is no longer valid',
    'The message is from another version of Lastgood. Type /incident list to see what is open.',
  ),
};
