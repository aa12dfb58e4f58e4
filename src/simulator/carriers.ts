import {
  isPage,
  type AnyCarrier,
  type Carrier,
  type EffectType,
  type Errand,
  type Outcome,
} from '../core/effect.ts';
import type { Agenda } from './agenda.ts';
import { never, type Process } from './process.ts';
import type { Ask, Reply } from './neighbour.ts';
import type { Place } from './trouble.ts';

/** What has been posted, sent and called outside, by the key under which it went there. */
export interface Outside {
  readonly messages: Map<string, string>;
  /** Every time that somebody was called or told, in order. */
  readonly calls: { readonly id: string; readonly at: number }[];
}

export function createOutside(): Outside {
  return { messages: new Map(), calls: [] };
}

const carried = [
  'page.pagerduty',
  'page.mail',
  'page.slack',
  'slack.card',
  'slack.thread',
  'slack.postmortem',
  'slack.reply',
] as const satisfies readonly EffectType[];

/** Slack, PagerDuty and the mail server, as carriers of one process see them. */
export function simulatedCarriers(parts: {
  readonly process: Process;
  readonly agenda: Agenda;
  readonly ask: Ask;
  readonly outside: Outside;
}): readonly AnyCarrier[] {
  const { process, agenda, ask, outside } = parts;

  async function carry(errand: Errand): Promise<Outcome> {
    const place = placeOf(errand.effect.type);
    const key = keyOf(errand);
    if (errand.mayHaveHappened && place === 'slack') {
      const found = await ask(process, place, () => outside.messages.get(key), errand.signal);
      if (found.is !== 'answered') return outcomeOf(found, () => ({}));
      if (found.value !== undefined) return { status: 'done', receipt: { ts: found.value, channel: 'D1' } };
    }
    const post = (): string => {
      if (isPage(errand.effect)) outside.calls.push({ id: errand.id, at: agenda.now() });
      const known = outside.messages.get(key);
      const ts = known ?? String(outside.messages.size + 1);
      outside.messages.set(key, ts);
      return ts;
    };
    const reply = await ask(process, place, post, errand.signal);
    return outcomeOf(reply, (ts) => (place === 'slack' ? { ts, channel: 'D1' } : { key: ts }));
  }

  return [
    { types: carried, carry } as unknown as AnyCarrier,
    { types: ['registry.publish'], carry: publish },
  ];
}

/** Tells whoever watches, at the moment at which somebody sets out; and nobody does who is dead. */
export function watched(
  carriers: readonly AnyCarrier[],
  process: Process,
  setsOut: (errand: Errand) => void,
): readonly AnyCarrier[] {
  return carriers.map((carrier) => ({
    ...carrier,
    carry: (errand: Errand) => {
      if (!process.isAlive()) return never<Outcome>();
      setsOut(errand);
      return (carrier as Carrier).carry(errand);
    },
  })) as unknown as readonly AnyCarrier[];
}

/** The registry file is each machine's own affair. */
async function publish(): Promise<Outcome> {
  return { status: 'done', receipt: {} };
}

function outcomeOf<T>(reply: Reply<T>, receipt: (value: T) => Readonly<Record<string, string>>): Outcome {
  switch (reply.is) {
    case 'answered':
      return { status: 'done', receipt: receipt(reply.value) };
    case 'refused':
      return { status: 'retry', why: 'nobody answers there', mayHaveHappened: false };
    case 'limited':
      return { status: 'retry', why: 'slow down', after: reply.after, putOff: true, mayHaveHappened: false };
    case 'silent':
      return { status: 'retry', why: 'no answer in time', mayHaveHappened: true };
    default:
      return reply satisfies never;
  }
}

/** A card is one message, however often it is drawn; PagerDuty knows its alerts by their keys. */
function keyOf({ id, stream, effect }: Errand): string {
  if (effect.type === 'slack.card') return `card ${stream} ${effect.card ?? ''}`;
  if (effect.type === 'page.pagerduty') return `${effect.action} ${effect.dedupKey}`;
  return id;
}

function placeOf(type: EffectType): Place {
  if (type === 'page.pagerduty') return 'pagerduty';
  return type === 'page.mail' ? 'mail' : 'slack';
}
