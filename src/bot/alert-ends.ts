import type { Envelope } from '../core/envelope.ts';
import { allFiring } from '../core/incident/firing.ts';
import { incidentAlias, type Incident } from '../core/incident/state.ts';
import type { Alert } from '../core/source.ts';
import { openStreams } from '../engine/open-streams.ts';
import type { Store } from '../store/store.ts';
import { isLeftOut } from './left-out.ts';

/** What one item asks for; under its key, that it changed nothing is remembered. */
interface Asking {
  readonly key: string | undefined;
  readonly envelopes: readonly Envelope[];
}

/** By fingerprints, the aliases of the incidents where they fire, and what the alerts there said of their place. */
type Places = ReadonlyMap<string, Map<string, Alert['place']>>;

/**
 * An alert's end goes where it is routed to, and besides to every other open incident where this alert fires. If it says
 * nothing of its place, that is whatever fires under its fingerprint; if it does, only what said the very same when it
 * fired, before `services.yml` was edited. Nobody remembers of an end that it changed nothing, since the next time its
 * alert may fire elsewhere. That nothing is left out stands in nearly every notification, and goes elsewhere when
 * somebody looks there anyway.
 * @param asking in the order in which it came
 */
export async function endWhereItFires<T extends Asking>(
  store: Pick<Store, 'listStreams'>,
  asking: readonly T[],
): Promise<readonly T[]> {
  const ended = asking.flatMap(({ envelopes }) => envelopes.flatMap(endedBy));
  if (ended.every(isLeftOut)) return asking;
  const places = await placesOf(store, new Set(ended.map(({ fingerprint }) => fingerprint)));
  return asking.map((one) => {
    const envelopes = one.envelopes.flatMap((envelope) => [envelope, ...elsewhere(envelope, places)]);
    return one.envelopes.some((envelope) => !endedBy(envelope).every(isLeftOut))
      ? { ...one, key: undefined, envelopes }
      : { ...one, envelopes };
  });
}

function endedBy({ intent }: Envelope): readonly Alert[] {
  if (intent.type !== 'alerts.receive') return [];
  return intent.alerts.flatMap(({ alert }) => (alert.status === 'resolved' ? [alert] : []));
}

/** As it is stored, and without a lock: alerts fire and end by what is read in order, by nobody else meanwhile. */
async function placesOf(
  store: Pick<Store, 'listStreams'>,
  fingerprints: ReadonlySet<string>,
): Promise<Places> {
  const places = new Map([...fingerprints].map((each) => [each, new Map<string, Alert['place']>()]));
  for await (const open of openStreams(store, 'incident'))
    for (const { state } of open) {
      const incident = state as Incident;
      for (const [fingerprint, { place }] of allFiring(incident))
        places.get(fingerprint)?.set(incidentAlias(incident), place);
    }
  return places;
}

/** The ends of an envelope, to where else their alerts fire; notes what begins and ends by it. */
function elsewhere({ to, intent, ...envelope }: Envelope, places: Places): readonly Envelope[] {
  if (intent.type !== 'alerts.receive' || !('alias' in to)) return [];
  const ends = new Map<string, (typeof intent.alerts)[number][]>();
  for (const one of intent.alerts) {
    const { fingerprint, status, place } = one.alert;
    const firing = places.get(fingerprint);
    if (status === 'firing') firing?.set(to.alias, place);
    else
      for (const [alias, there] of firing ?? []) {
        const isHere = alias === to.alias;
        // One that is not ended pages somebody too many; one that is ended wrongly, nobody at all.
        if (!isHere && place !== undefined && place !== there) continue;
        firing?.delete(alias);
        if (isHere) continue;
        const others = ends.get(alias);
        if (others) others.push(one);
        else ends.set(alias, [one]);
      }
  }
  return [...ends].map(([alias, alerts]) => ({
    ...envelope,
    to: { kind: 'incident', alias, open: false },
    intent: { ...intent, alerts },
  }));
}
