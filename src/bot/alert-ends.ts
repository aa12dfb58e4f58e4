import type { Envelope } from '../core/envelope.ts';
import { firingAlert } from '../core/incident/firing.ts';
import type { Incident } from '../core/incident/state.ts';
import type { Address, StreamId } from '../core/stream.ts';
import type { Store } from '../store/store.ts';

type Reading = Pick<Store, 'transact' | 'listStreams'>;

/** What one item asks for; under its key, that it changed nothing is remembered. */
interface Asking {
  readonly key: string | undefined;
  readonly envelopes: readonly Envelope[];
}

/** The end of an alert, and where it is known to fire. */
interface End {
  readonly envelope: Envelope;
  readonly fingerprint: string;
  readonly home: Address | undefined;
}

/** So many open incidents are looked at together. */
const atOnce = 100;

/**
 * An alert's end goes where the alert fires, also where it is routed elsewhere than its beginning: it names no service any
 * more, or `services.yml` was edited. Only for one that does not fire where it is routed to are all open incidents looked
 * at; and nobody remembers that it changed nothing there, since another time it may have a home elsewhere.
 * @param asking in the order in which it came
 */
export async function endWhereItFires<T extends Asking>(
  store: Reading,
  asking: readonly T[],
): Promise<readonly T[]> {
  const strays = await straysOf(
    store,
    asking.flatMap(({ envelopes }) => envelopes),
  );
  if (strays.size === 0) return asking;
  return asking.map((one) =>
    one.envelopes.some((envelope) => strays.has(envelope))
      ? {
          ...one,
          key: undefined,
          envelopes: one.envelopes.flatMap((each) => readdressed(each, strays.get(each))),
        }
      : one,
  );
}

/** By their envelopes and fingerprints, the ends of what does not fire where they are addressed to, and where it does. */
async function straysOf(
  store: Reading,
  envelopes: readonly Envelope[],
): Promise<ReadonlyMap<Envelope, ReadonlyMap<string, Address | undefined>>> {
  const ends = endsOf(envelopes);
  if (ends.length === 0) return new Map();
  const there = await addressed(
    store,
    ends.map(({ envelope }) => envelope.to),
  );
  const away = ends.filter(({ envelope, fingerprint, home }) => {
    if (home) return keyOf(home) !== keyOf(envelope.to);
    const incident = there.get(keyOf(envelope.to));
    return !incident || !firingAlert(incident, fingerprint);
  });
  const homeless = away.flatMap(({ fingerprint, home }) => (home ? [] : [fingerprint]));
  const open = await firingElsewhere(store, new Set(homeless));
  const strays = new Map<Envelope, Map<string, Address | undefined>>();
  for (const { envelope, fingerprint, home } of away) {
    const id = open.get(fingerprint);
    const found = home ?? (id === undefined ? undefined : { kind: 'incident' as const, id });
    const ofEnvelope = strays.get(envelope) ?? new Map<string, Address | undefined>();
    strays.set(envelope, ofEnvelope.set(fingerprint, found));
  }
  return strays;
}

/** What began in the same envelopes is known to fire there, and nobody else knows it yet. */
function endsOf(envelopes: readonly Envelope[]): readonly End[] {
  const begun = new Map<string, Address>();
  return envelopes.flatMap((envelope) => {
    const { intent, to } = envelope;
    if (intent.type !== 'alerts.receive') return [];
    return intent.alerts.flatMap(({ alert: { fingerprint, status } }): readonly End[] => {
      const home = begun.get(fingerprint);
      if (status === 'resolved') return [{ envelope, fingerprint, home }];
      begun.set(fingerprint, to);
      return [];
    });
  });
}

async function addressed(
  store: Reading,
  addresses: readonly Address[],
): Promise<ReadonlyMap<string, Incident>> {
  const unlike = new Map(addresses.map((to) => [keyOf(to), to]));
  return store.transact(async (transaction) => {
    const incidents = new Map<string, Incident>();
    for (const [key, to] of unlike) {
      const stored = await ('id' in to
        ? transaction.stream(to.id)
        : transaction.streamByAlias(to.kind, to.alias));
      if (stored) incidents.set(key, stored.state as Incident);
    }
    return incidents;
  });
}

async function firingElsewhere(
  store: Reading,
  fingerprints: ReadonlySet<string>,
): Promise<ReadonlyMap<string, StreamId>> {
  const homes = new Map<string, StreamId>();
  const left = new Set(fingerprints);
  for (let before: StreamId | undefined; left.size > 0;) {
    const open = await store.listStreams('incident', {
      openOnly: true,
      limit: atOnce,
      ...(before && { before }),
    });
    for (const { id, state } of open) {
      const found = [...left].filter((fingerprint) => firingAlert(state as Incident, fingerprint));
      for (const fingerprint of found) {
        homes.set(fingerprint, id);
        left.delete(fingerprint);
      }
    }
    before = open.at(-1)?.id;
    if (open.length < atOnce) break;
  }
  return homes;
}

/** The same, in as many envelopes as its alerts have homes. */
function readdressed(
  envelope: Envelope,
  homes: ReadonlyMap<string, Address | undefined> | undefined,
): readonly Envelope[] {
  const { intent, to } = envelope;
  if (!homes || intent.type !== 'alerts.receive') return [envelope];
  const parts = new Map<
    string,
    { readonly to: Address; readonly alerts: (typeof intent.alerts)[number][] }
  >();
  for (const one of intent.alerts) {
    const { status, fingerprint } = one.alert;
    const goes = (status === 'resolved' ? homes.get(fingerprint) : undefined) ?? to;
    const part = parts.get(keyOf(goes));
    if (part) part.alerts.push(one);
    else parts.set(keyOf(goes), { to: goes, alerts: [one] });
  }
  return [...parts.values()].map((part) => ({
    ...envelope,
    to: part.to,
    intent: { ...intent, alerts: part.alerts },
  }));
}

function keyOf(to: Address): string {
  return 'id' in to ? to.id : `${to.kind} ${to.alias}`;
}
