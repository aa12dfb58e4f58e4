import { join } from 'node:path';
import { incidentKind } from '../core/incident/incident.ts';
import type { IncidentIntent } from '../core/incident/intent.ts';
import type { Incident } from '../core/incident/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import { loadPolicies } from '../policies/load.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { storeIdOf } from '../store/store-id.ts';
import type { StoredEvent, StreamWrite } from '../store/store.ts';
import { serviceName } from './alerts.ts';
import type { Home } from './bot-under-test.ts';

const together = 100;
const by = { kind: 'source', name: 'alertmanager' } as const;

/**
 * Opens incidents in a store that no bot has open, one service each, at these times: as the core decides it, but nothing
 * goes out, and their channel does not list them.
 */
export async function openIncidents(home: Home, openedAt: readonly Instant[]): Promise<void> {
  const loaded = await loadPolicies(join(home.folder, 'policies'));
  if (!loaded.ok) throw new Error('the policies of the bench cannot be read');
  const policies = withServices(loaded.policies, openedAt.length);
  const store = await openSqliteStore({ path: home.store });
  try {
    const storeId = await storeIdOf(store);
    for (let from = 0; from < openedAt.length; from += together)
      await store.transact(async (transaction) => {
        for (const [index, at] of openedAt.slice(from, from + together).entries()) {
          const number = from + index;
          await transaction.useNumber('incident', number + 1);
          await transaction.write(opened(number, at, policies, storeId));
        }
      });
  } finally {
    await store.close();
  }
}

/** As many services as are wanted, all like the first. */
function withServices(policies: Policies, count: number): Policies {
  const [like] = Object.values(policies.services.services);
  if (!like) throw new Error('the policies of the bench name no service');
  const names = Array.from({ length: count }, (_, number) => serviceName(number));
  const services = Object.fromEntries(names.map((name) => [name, like]));
  return { ...policies, services: { ...policies.services, services } };
}

function opened(number: number, at: Instant, policies: Policies, storeId: string): StreamWrite {
  const id = `INC-${number + 1}`;
  const service = serviceName(number);
  const alert = {
    fingerprint: `seeded/${service}`,
    status: 'firing',
    title: 'InstanceDown',
    summary: `Instance of ${service} has been down for more than 5 minutes.`,
    labels: { service },
  } as const;
  const route = { service, app: 'shop', channel: 'stable', severity: 'P2', note: undefined } as const;
  const intents: readonly IncidentIntent[] = [
    { type: 'alerts.receive', alerts: [{ alert, route }] },
    // What its channel answers: nothing was released of late.
    { type: 'incident.name-suspect', suspect: undefined },
  ];
  const context = { policies, id, nextOperation: 'OP-1', storeId };
  const events: StoredEvent[] = [];
  let state: Incident | undefined;
  for (const intent of intents)
    for (const event of incidentKind.decide(state, { at, by, intent }, context).events) {
      const seq = events.length + 1;
      state = incidentKind.evolve(state, { ...event, seq, at, by }, id);
      events.push({ stream: id, seq, at, by, type: event.type, data: event });
    }
  if (!state) throw new Error('the alert of the bench opened nothing');
  const { wakeAt, alias, rank } = incidentKind;
  const found = { wakeAt: wakeAt(state), alias: alias(state), rank: rank(state) };
  return { id, kind: 'incident', expected: 0, state, ...found, events };
}
