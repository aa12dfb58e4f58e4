import { expect, it } from 'vitest';
import { endWhereItFires } from '../../src/bot/alert-ends.ts';
import { alertIntents } from '../../src/bot/alerts.ts';
import { firingCount } from '../../src/core/incident/firing.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { alertmanager } from '../../src/sources/alertmanager.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { ana, minute, policies } from '../support/given.ts';

type Group = Readonly<Record<string, 'firing' | 'resolved'>>;

/** As Alertmanager cuts a group to `max_alerts`: the first of the sorted ones. `checkout/web-1` is of that service. */
function notification(max: number, group: Group): Buffer {
  const alerts = Object.entries(group).map(([instance, status]) => ({
    status,
    labels: { alertname: 'Down', instance, service: instance.split('/')[0], severity: 'critical' },
    fingerprint: instance,
  }));
  const shown = alerts.slice(0, max);
  const truncatedAlerts = alerts.length - shown.length;
  return Buffer.from(
    JSON.stringify({ version: '4', groupKey: '{}:{alertname="Down"}', alerts: shown, truncatedAlerts }),
  );
}

async function openWorld() {
  const { store, engine, clock, quiet, advance } = await openWorkshop();
  await engine.start();
  return {
    advance,
    say: async (max: number, group: Group): Promise<void> => {
      const alerts = alertmanager.parse(notification(max, group));
      const envelopes = alertIntents(alerts, 'alertmanager', clock.now(), policies);
      const [asked] = await endWhereItFires(store, [{ key: 'said', envelopes }]);
      await engine.submit(asked?.envelopes ?? []);
      await quiet();
    },
    open: async () =>
      (await store.listStreams('incident', { openOnly: true }))
        .map(({ state }) => state as Incident)
        .map((each) => `${each.title} (${each.service}): ${each.cleared ? 'over' : firingCount(each)}`),
    resolve: async (id: string): Promise<void> => {
      const intent = { type: 'incident.resolve', reason: '' } as const;
      await engine.submit([{ to: { kind: 'incident', id }, at: clock.now(), by: ana, intent }]);
    },
    told: async (id: string) => JSON.stringify(await store.readEvents(id)),
    rungs: async (id: string) =>
      (await store.readEvents(id)).filter(({ type }) => type === 'rung.fired').length,
  };
}

const [up, down] = ['resolved', 'firing'] as const;

it('What Alertmanager left out may fire: nothing is said to be over, and people are called', async () => {
  const { say, open, told, advance, rungs } = await openWorld();
  await say(2, { 'checkout/1': down, 'checkout/2': down, 'checkout/3': down, 'checkout/4': down });
  await say(2, { 'checkout/1': up, 'checkout/2': up, 'checkout/3': down, 'checkout/4': down });
  const before = await rungs('INC-1');
  await advance(10 * minute);

  expect(await told('INC-1')).toContain('left out 2 of a group');
  expect(await rungs('INC-1')).toBeGreaterThan(before);
  expect(await open()).toEqual(['Down (checkout): 1']);

  await say(2, { 'checkout/3': down, 'checkout/4': down });
  expect(await open(), 'nothing is left out any more').toEqual(['Down (checkout): 2']);
  await say(2, { 'checkout/3': up, 'checkout/4': up });
  expect(await open()).toEqual(['Down (checkout): over']);
});

it('What was left out is said of every service of the group, and ends with the group where none of it is named', async () => {
  const { say, open } = await openWorld();
  await say(2, { 'checkout/1': down, 'platform/1': down, 'platform/2': down });
  expect(await open()).toEqual(['Down (platform): 2', 'Down (checkout): 2']);
  await say(2, { 'checkout/1': up, 'platform/1': down, 'platform/2': down });
  await say(2, { 'platform/1': down, 'platform/2': down });
  expect(await open()).toEqual(['Down (platform): 2', 'Down (checkout): 1']);
  await say(2, { 'platform/1': up, 'platform/2': up });
  expect(await open()).toEqual(['Down (platform): over', 'Down (checkout): over']);
});

it('What was left out opens no incident where something has just ended, unless nobody else would hear of it', async () => {
  const { say, open, resolve } = await openWorld();
  await say(2, { 'checkout/1': down });
  await resolve('INC-1');
  await say(2, { 'checkout/1': up, 'platform/1': down, 'platform/2': down });
  expect(await open()).toEqual(['Down (platform): 2']);
  await resolve('INC-2');
  await say(1, { 'platform/1': up, 'platform/2': down });
  expect(await open()).toEqual(['Alerts that alertmanager left out (platform): 1']);
});

it('A notification that leaves out nothing, and in which nothing ends, costs no look at what is open elsewhere', async () => {
  const listStreams = () => Promise.reject(new Error('somebody looked'));
  const alerts = alertmanager.parse(notification(1, { 'checkout/1': down }));
  const envelopes = alertIntents(alerts, 'alertmanager', 0, policies);
  const asking = [{ key: 'said', envelopes }];
  expect(await endWhereItFires({ listStreams }, asking)).toBe(asking);
});
