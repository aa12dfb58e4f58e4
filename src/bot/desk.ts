import type { Ask, Asking } from '../../commands/verb.ts';
import { answer, type Answer } from '../core/answer.ts';
import { policyOf } from '../core/channel/place.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Submitted, SubmitOptions } from '../core/envelope.ts';
import { writePostmortem, type Postmortem } from '../core/incident/postmortem.ts';
import { timelineLines } from '../core/incident/timeline.ts';
import { inForce, type FreezeSwitch } from '../core/freeze/state.ts';
import type { IncidentEvent } from '../core/incident/event.ts';
import { linksOfEvent } from '../core/incident/links.ts';
import type { Incident } from '../core/incident/state.ts';
import { showOperation } from '../core/operation/show.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Recorded, StreamId, StreamName } from '../core/stream.ts';
import type { Engine } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { sayReceived } from './received.ts';

/** Who asks for something, when, and under which policies. */
export type Asker = Pick<Asking, 'by' | 'at' | 'policies'>;

/** Where verbs become intents and answers, whichever edge they came in by. */
export interface Desk {
  /**
   * What words ask for. Only what the verb looks at is read from the store: most look at nothing, and in a storm of
   * alerts to read everything that is open takes long.
   * @param read pure; it is called once more for each kind of stream that it turns out to look at
   */
  readonly understand: (asker: Asker, read: (asking: Asking) => Ask) => Promise<Ask>;
  readonly carryOut: (ask: Ask, asker: Asker, options: SubmitOptions) => Promise<Submitted>;
  readonly story: (incident: StreamId) => Promise<Story | undefined>;
}

export interface Story {
  readonly incident: Incident;
  readonly events: readonly Recorded<IncidentEvent>[];
  readonly postmortem: Postmortem;
}

const incidentsShown = 100;

export function createDesk(
  store: Store,
  engine: Engine,
  policies: () => Policies,
  examine: () => Promise<Answer>,
): Desk {
  async function story(id: StreamId): Promise<Story | undefined> {
    const stored = await store.readStream(id);
    if (stored?.kind !== 'incident') return undefined;
    const incident = stored.state as Incident;
    const events = (await store.readEvents(id)).map(
      ({ data, seq, at, by }) =>
        ({ ...(data as IncidentEvent), seq, at, by }) satisfies Recorded<IncidentEvent>,
    );
    return { incident, events, postmortem: writePostmortem(incident, events) };
  }

  async function tell(ask: Exclude<Ask, { kind: 'intent' }>): Promise<Answer> {
    if (ask.kind === 'answer') return ask.answer;
    if (ask.kind === 'show') return show(ask.operation);
    if (ask.kind === 'doctor') return examine();
    if (ask.kind === 'received') return sayReceived(store, ask.id);
    const told = await story(ask.incident);
    if (!told) return answer('refused', `There is no ${ask.incident}`, 'To see what is open: /incident list');
    if (ask.as === 'timeline') {
      const lines = timelineLines(told.events, (event) =>
        linksOfEvent(event).map(({ label, url }) => `          ${label}: ${url}`),
      );
      return answer('info', `Timeline of ${ask.incident} (UTC)`, ...lines);
    }
    const sections = told.postmortem.sections.flatMap(({ heading, lines }) => ['', heading, ...lines]);
    return answer('info', told.postmortem.title, ...sections);
  }

  async function show(id: StreamId): Promise<Answer> {
    const stored = await store.readStream(id);
    if (stored?.kind !== 'operation')
      return answer('refused', `There is no ${id}`, 'To see what is open: /operation list');
    return showOperation(stored.state as Operation, policies());
  }

  /** Of incidents there may be thousands: those are read that somebody can look at. */
  async function look(kind: StreamName): Promise<Awaited<ReturnType<Store['firstOpen']>>> {
    if (kind === 'incident') return store.firstOpen(kind, incidentsShown);
    // A channel is never over.
    const streams = await store.listStreams(kind, { openOnly: kind !== 'channel' });
    return { streams, count: streams.length };
  }

  return {
    story,
    understand: async ({ by, at, policies: valid }, read) => {
      const known = new Map<StreamName, readonly unknown[]>();
      let incidentCount = 0;
      for (;;) {
        const unread = new Set<StreamName>();
        const lookAt = (kind: StreamName): readonly unknown[] => {
          const states = known.get(kind);
          if (!states) unread.add(kind);
          return states ?? [];
        };
        const ask = read({
          by,
          at,
          policies: valid,
          get openIncidents() {
            return lookAt('incident') as readonly Incident[];
          },
          get moreIncidents() {
            return Math.max(0, incidentCount - lookAt('incident').length);
          },
          get openOperations() {
            return lookAt('operation') as readonly Operation[];
          },
          get freeze() {
            return inForce(lookAt('freeze')[0] as FreezeSwitch | undefined);
          },
          get channels() {
            return lookAt('channel') as readonly Channel[];
          },
        });
        if (unread.size === 0) return ask;
        for (const kind of unread) {
          const { streams, count } = await look(kind);
          if (kind === 'incident') incidentCount = count;
          known.set(
            kind,
            streams.map(({ state }) => state),
          );
        }
      }
    },
    carryOut: async (ask, { at, by, policies }, options) => {
      if (ask.kind === 'intent') {
        const gone = channelThatIsGone(ask, policies);
        if (gone) return engine.answerOnly(gone, options);
        return engine.submit([{ to: ask.to, at, by, intent: ask.intent }], options);
      }
      return engine.answerOnly(await tell(ask), options);
    },
  };
}

/** A button may name a channel that has left channels.yml since it was drawn. */
function channelThatIsGone({ to }: Extract<Ask, { kind: 'intent' }>, policies: Policies): Answer | undefined {
  if (!('id' in to) || to.kind !== 'channel') return undefined;
  if (policyOf({ id: to.id, policies })) return undefined;
  const name = to.id.slice('channel:'.length);
  return answer(
    'refused',
    `There is no release channel ${name} any more`,
    'To see those that are: /channels',
  );
}
