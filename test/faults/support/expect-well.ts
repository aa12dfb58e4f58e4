import { expect } from 'vitest';
import type { Channel } from '../../../src/core/channel/state.ts';
import type { IncidentEvent } from '../../../src/core/incident/event.ts';
import type { Incident } from '../../../src/core/incident/state.ts';
import type { Operation } from '../../../src/core/operation/state.ts';
import { people } from '../../../src/sandbox/cast.ts';
import { storeIdOf } from '../../../src/store/store-id.ts';
import type { Store } from '../../../src/store/store.ts';
import { verifyTrail } from '../../../src/trust/audit/verify.ts';
import { effectIds, eventsOf } from './evidence.ts';
import type { Played } from './main-job.ts';
import type { Neighbourhood } from './neighbourhood.ts';

/** After `playMainJob`: all that was answered was done, everything outside happened once, and nothing is left. */
export async function expectWell(town: Neighbourhood, store: Store, played: Played): Promise<void> {
  await expectRecords(store, played);
  const trail = await verifyTrail(store.audit, { store: await storeIdOf(store), keys: new Map() });
  expect(trail).toMatchObject({ wrong: undefined, uncovered: 0 });
  expect(trail.heads).toBeGreaterThan(0);
  expectOutside(town, played);
}

async function expectRecords(store: Store, { done }: Played): Promise<void> {
  expect(await store.unsettledInbox()).toEqual([]);
  const incidents = await store.listStreams('incident');
  const operations = await store.listStreams('operation');
  expect(incidents.map(({ state }) => (state as Incident).status)).toEqual(['resolved']);
  expect(operations.map(({ id, state }) => `${id} ${(state as Operation).status}`)).toEqual(
    operations.map(({ id }) => `${id} ${id === done ? 'done' : 'failed'}`),
  );
  const channel = (await store.readStream('channel:shop/stable'))?.state as Channel;
  expect(channel.periods.at(-1)?.version).toBe('1.4.2');
  expect(channel.lock).toBeUndefined();

  const streams = [...incidents, ...operations, { id: 'channel:shop/stable' }];
  const rows = (await Promise.all(streams.map(({ id }) => store.outboxOf(id)))).flat();
  // A page that nobody needs any more is withheld; a step has failed that was stopped, or is unknown and was settled.
  const missed = rows.filter(({ status }) => !['done', 'withheld'].includes(status));
  expect(missed.map(({ stream, status, effect }) => `${stream} ${status} ${effect.type}`)).toEqual(
    operations
      .filter(({ id }) => id !== done)
      .map(({ id }) => expect.stringMatching(new RegExp(`^${id} (failed|unknown) step.run$`)) as unknown),
  );
  const events = (await eventsOf(store, 'incident')).map(({ data }) => data as IncidentEvent);
  const once = ['alert.fired', 'incident.acknowledged', 'alert.resolved', 'incident.resolved'];
  expect(events.map(({ type }) => type).filter((type) => once.includes(type))).toEqual(once);
  const rungs = events.flatMap((event) =>
    event.type === 'rung.fired' ? [`${event.rung}.${event.round}`] : [],
  );
  // What nobody knows calls further people; nobody is called twice for the same.
  expect(rungs.slice(0, 2)).toEqual(['1.1', '2.1']);
  expect(rungs).toEqual([...new Set(rungs)]);
  const approvals = (await eventsOf(store, 'operation')).filter(({ type }) => type === 'approval.given');
  expect(approvals.map(({ stream }) => stream).toSorted()).toEqual(operations.map(({ id }) => id).toSorted());
}

function expectOutside(
  { github, sentry, pagerduty, mail, slack, posted }: Neighbourhood,
  { stopped, done }: Played,
): void {
  const runs = github.runs().map(({ title, conclusion }) => [/OP-\d\.\d/.exec(title)?.[0], conclusion]);
  expect(runs).toEqual([
    [`${stopped}.1`, 'cancelled'],
    [`${done}.1`, 'success'],
  ]);
  const deploys = sentry.releases().flatMap((release) => release.deploys.map(({ name }) => name));
  expect(deploys).toEqual([expect.stringMatching(`^${done}.3-`)]);
  const archived = sentry
    .releases()
    .flatMap(({ version, status }) => (status === 'archived' ? [version] : []));
  expect(archived).toEqual(['shop@1.5.0']);

  // PagerDuty and mail programs may hear the same twice, always under the same key, and show it once.
  const rung = ({ dedupKey }: { readonly dedupKey: string }) => /rung.*$/.exec(dedupKey)?.[0];
  expect(pagerduty.alerts().map(rung).slice(0, 2)).toEqual(['rung-1.1', 'rung-2.1']);
  expect(pagerduty.alerts().filter(({ state }) => state !== 'resolved')).toEqual([]);
  const mails = mail.mails().map(({ headers }) => headers['message-id']);
  expect(new Set(mails).size).toBeGreaterThanOrEqual(2);
  // Slack is asked before anything is posted again.
  const ids = effectIds(posted());
  expect(ids).toEqual([...new Set(ids)]);
  // Whoever typed something was answered, at least once.
  const told = slack.ephemerals(people.ana.id).filter(({ bot_id }) => bot_id !== undefined);
  expect(told.length).toBeGreaterThanOrEqual(3);
}
