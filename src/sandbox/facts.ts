import type { Channel } from '../core/channel/state.ts';
import { pagesOfRung } from '../core/incident/ladder.ts';
import type { Incident } from '../core/incident/state.ts';
import { incidentWakeAt } from '../core/incident/tick.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Instant } from '../core/time.ts';
import type { World } from './world.ts';

/** What the page shows of the bot's own state, read at one moment. */
export interface Facts {
  readonly incidents: readonly Incident[];
  readonly operations: readonly Operation[];
  readonly channels: readonly Channel[];
  readonly selfApprovalRefused: boolean;
  readonly nextWake: { readonly at: Instant; readonly what: string } | undefined;
}

export const noFacts: Facts = {
  incidents: [],
  operations: [],
  channels: [],
  selfApprovalRefused: false,
  nextWake: undefined,
};

export async function readFacts(world: World): Promise<Facts> {
  const { store } = world.bot();
  const [incidents, operations, channels] = await Promise.all([
    store.listStreams('incident'),
    store.listStreams('operation'),
    store.listStreams('channel'),
  ]);
  const operationStates = operations.map(({ state }) => state as Operation);
  const incidentStates = incidents.map(({ state }) => state as Incident);
  const events = (await Promise.all(operations.map(({ id }) => store.readEvents(id)))).flat();
  return {
    incidents: incidentStates,
    operations: operationStates,
    channels: channels.map(({ state }) => state as Channel).toReversed(),
    selfApprovalRefused: events.some(
      ({ type, data }) =>
        type === 'request.refused' && (data as { readonly code?: unknown }).code === 'self-approval',
    ),
    nextWake: nextWake(world, incidentStates, operationStates),
  };
}

function nextWake(
  world: World,
  incidents: readonly Incident[],
  operations: readonly Operation[],
): Facts['nextWake'] {
  const ofIncidents = incidents.flatMap((incident) => {
    const at = incidentWakeAt(incident);
    return at === undefined ? [] : [{ at, what: whatWakes(world, incident, at) }];
  });
  const ofOperations = operations
    .filter(({ status }) => status === 'awaiting-approval')
    .map(({ id, expiresAt }) => ({ at: expiresAt, what: `${id} expires` }));
  return [...ofIncidents, ...ofOperations].toSorted((a, b) => a.at - b.at)[0];
}

function whatWakes(world: World, incident: Incident, at: Instant): string {
  const { nextCall, acknowledged, status } = incident;
  if (status === 'triggered' && nextCall?.at === at) {
    const names = pagesOfRung(incident, nextCall.rung, world.policies(), at).map(({ name }) => name);
    return `page ${[...new Set(names)].join(', ')}`;
  }
  return acknowledged?.expiresAt === at
    ? `${acknowledged.by}’s acknowledgement runs out`
    : `a clock of ${incident.id}`;
}
