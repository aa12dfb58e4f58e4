import { voiced } from '../refusals.ts';
import type { StreamKind } from '../stream.ts';
import { decideIncident } from './decide.ts';
import { incidentEffects, incidentWants } from './effects.ts';
import type { IncidentEvent } from './event.ts';
import type { IncidentIntent } from './intent.ts';
import { evolveIncident } from './evolve.ts';
import { incidentAlias, isOpen, type Incident } from './state.ts';
import { incidentWakeAt } from './tick.ts';

/** Something is wrong with a service on a release channel, and somebody has to care. */
export const incidentKind: StreamKind<Incident, IncidentIntent, IncidentEvent> = {
  name: 'incident',
  decide: (state, message, context) => {
    const { events, tells } = decideIncident(state, message, context);
    const heard = events.map((event) =>
      event.type === 'request.refused' ? voiced(event, state?.refusals, message.by, message.at) : event,
    );
    return { events: heard, tells };
  },
  evolve: evolveIncident,
  effects: incidentEffects,
  wakeAt: incidentWakeAt,
  alias: (state) => (isOpen(state) ? incidentAlias(state) : undefined),
  rank: ({ severity }) => severity,
  wanted: incidentWants,
};
