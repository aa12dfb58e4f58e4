import { readWebhookItem } from '../../bot/webhook-item.ts';
import { allFiring } from '../../core/incident/firing.ts';
import { alertSources } from '../../sources/index.ts';
import { MalformedBody, type Alert } from '../../core/source.ts';
import type { InboxItem } from '../../store/store.ts';
import { statesOf } from '../world.ts';
import type { Invariant } from './invariant.ts';

export const alertsHaveTheirEffect: Invariant = {
  name: 'an alert fires in an open incident exactly when it was last said to fire',
  watch: ({ database, ledger }, broken) => ({
    atRest: () => {
      const last = new Map<string, Alert['status']>();
      const said = [...database.inbox.values()].map(({ item }) => item);
      // Those that came later stand behind, so that what is put in does not move the places of what is still to be.
      for (const { behind, item } of ledger.repeats.toReversed()) said.splice(behind, 0, item);
      for (const item of said)
        for (const { fingerprint, status } of alertsIn(item)) last.set(fingerprint, status);
      const incidents = statesOf(database, 'incident');
      const firing = new Set(
        incidents
          .filter(({ status }) => status !== 'resolved')
          .flatMap((incident) => allFiring(incident).map(([fingerprint]) => fingerprint)),
      );
      const dismissed = new Set(
        incidents
          .filter(({ status }) => status === 'resolved')
          .flatMap((incident) => allFiring(incident).map(([fingerprint]) => fingerprint)),
      );
      for (const [fingerprint, status] of last) {
        if (status === 'resolved' && firing.has(fingerprint))
          broken(`${fingerprint} still fires, though it was said to have resolved`);
        if (status === 'firing' && !firing.has(fingerprint) && !dismissed.has(fingerprint))
          broken(
            `${fingerprint} fires nowhere, though it was said to fire (${ledger.acknowledged.size} acknowledged)`,
          );
      }
    },
  }),
};

function alertsIn(item: InboxItem): readonly Alert[] {
  const source = alertSources.get(item.source);
  if (!source) return [];
  const { body, headers } = readWebhookItem(item);
  try {
    const read = source.parse(body, headers);
    return 'ignored' in read ? [] : read;
  } catch (error) {
    if (error instanceof MalformedBody) return [];
    throw error;
  }
}
