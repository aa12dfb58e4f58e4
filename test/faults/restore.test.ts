import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { restore, type Held } from '../../src/store/restore.ts';
import { storePath } from '../../src/store/store-path.ts';
import { hour, minute } from '../support/given.ts';
import { buttonsOf } from '../support/shown-buttons.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

let world: StillWorld;
let folder: string;
beforeEach(async () => {
  world = await stillWorld();
  folder = await mkdtemp(join(tmpdir(), 'lastgood-restore-'));
});
afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function backUp(): Promise<string> {
  const response = await fetch(`${world.bot().url}/api/v1/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiTokens.dana}` },
  });
  expect(response.status).toBe(200);
  const path = join(folder, 'backup.db');
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

/** The bot goes down, somebody goes back to the backup, the bot starts. */
async function goBackTo(backup: string): Promise<Held> {
  await world.stopBot();
  let held: Held | undefined;
  await restore(
    backup,
    { path: storePath(world.settings.dataDir), database: undefined },
    { now: world.clock.now(), holds: (what) => (held = what) },
  );
  await world.startBot();
  await world.settle();
  return held!;
}

const alert = (key: string) => ({
  key,
  status: 'firing',
  title: key,
  service: 'checkout',
  severity: 'critical',
});

/** What has reached people so far. */
function calls() {
  const { pagerduty, mail, slack } = world;
  const direct = slack.conversations().filter(({ id }) => id.startsWith('D'));
  return {
    pagerduty: pagerduty
      .alerts()
      .flatMap(({ history }) => history.filter(({ action }) => action === 'trigger')).length,
    mails: mail.mails().length,
    direct: direct.flatMap(({ id }) => slack.messages(id)).length,
  };
}

const said = (conversation: string) => world.slack.messages(conversation).map(({ text }) => text ?? '');

test('An old backup is restored: nobody is called for what is past, and then the calls go on from where they were', async () => {
  await world.deliver('generic', alert('down'));
  await world.settle();
  const backup = await backUp();
  await world.pass(6 * minute);
  await world.type(people.ben.id, '/incident ack INC-1');
  await world.pass(40 * minute);
  const before = calls();
  const keys = () => world.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
  const known = keys();

  const held = await goBackTo(backup);
  expect(held).toMatchObject({ incidents: ['INC-1'], operations: [], changed: undefined });
  await world.pass(minute);
  expect(calls()).toEqual(before);
  const told = said(conversations.emergency.id).filter((text) =>
    text.includes('were restored from a backup'),
  );
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('A freeze that was declared since then is not in force');

  // Nobody has said that it is over: the next one on the ladder hears of it after all.
  await world.pass(5 * minute);
  expect(calls()).not.toEqual(before);
  // Under a key of the lost life, where Ben has acknowledged, no phone would ring.
  expect(keys().length).toBeGreaterThan(known.length);
  await world.stopBot();
  await world.startBot();
  await world.settle();
  expect(
    said(conversations.emergency.id).filter((text) => text.includes('were restored from a backup')),
  ).toHaveLength(1);
  const heard = (await world.bot().store.readEvents('INC-1')).filter(
    ({ type }) => type === 'records.restored',
  );
  expect(heard).toHaveLength(1);
});

test('A backup from the middle of a rollback is restored: no step is begun again, nor one by an approval of before', async () => {
  const { github } = world;
  github.setRunBehaviour({ ends: 'success', after: { polls: 3 } });
  await world.type(people.ana.id, '/channels set canary 1.6.0 by hand');
  await world.type(people.ana.id, '/rollback canary 1.6.0-rc.1 canary looks bad');
  await world.type(people.ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const [waiting, begun] = buttonsOf(world.slack).filter(
    ({ click, inDirectMessage }) => click.actionId === 'operation.approve' && !inDirectMessage,
  );
  await world.slack.as(people.ben.id).clickStale(begun!.click);
  await world.settle();
  expect(github.runs()).toHaveLength(1);
  const backup = await backUp();
  await world.pass(30 * minute);
  expect((await world.operation('OP-2')).status).toBe('done');

  const held = await goBackTo(backup);
  expect(held.operations).toEqual(['OP-1', 'OP-2']);
  await world.pass(hour);
  expect(github.runs()).toHaveLength(1);
  expect((await world.operation('OP-1')).status).toBe('void');
  expect((await world.operation('OP-2')).status).toBe('unknown');
  await world.slack.as(people.ben.id).clickStale(waiting!.click);
  await world.settle();
  expect(world.told(people.ben.id)).toContain('no longer valid');
  expect(github.runs()).toHaveLength(1);
  // What is live is not what the records say, and the file tells.
  expect(buttonsOf(world.slack).map(({ card }) => card)).toContain('drift on shop/stable');
});

test('The INC-2 of the life after the backup is not the next incident: other number, other keys, other buttons', async () => {
  await world.deliver('generic', alert('first'));
  await world.settle();
  const backup = await backUp();
  await world.type(people.ben.id, '/incident resolve INC-1 fixed');
  await world.deliver('generic', alert('second'));
  await world.settle();
  const stale = buttonsOf(world.slack).filter(
    ({ card, click }) => card === 'INC-2' && click.actionId === 'incident.acknowledge',
  );
  const keys = world.pagerduty.alerts().map(({ dedupKey }) => dedupKey);

  await goBackTo(backup);
  await world.type(people.ben.id, '/incident resolve INC-1 it was over long ago');
  await world.deliver('generic', alert('third'));
  await world.settle();
  const open = await world.bot().store.listStreams('incident', { openOnly: true });
  expect(open.map(({ id }) => id)).toEqual(['INC-101']);
  const fresh = world.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
  expect(fresh.length).toBeGreaterThan(keys.length);
  expect(new Set(fresh).size).toBe(fresh.length);
  await world.slack.as(people.ben.id).clickStale(stale[0]!.click);
  await world.settle();
  expect(world.told(people.ben.id)).toContain('no longer valid');
  expect(open[0]?.state).toMatchObject({ status: 'triggered' });
});

/** What apps are told of a version: its status, or that nobody says. */
async function statusOf(version: string): Promise<{ readonly number: number; readonly status: string }> {
  const response = await fetch(`${world.bot().url}/api/v1/status/shop/${version}`);
  const { signed = '{}' } = (await response.json()) as { readonly signed?: string };
  return { number: 0, status: String(response.status), ...(JSON.parse(signed) as object) };
}

async function rollBackStable(): Promise<void> {
  await world.type(people.ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const [approve] = buttonsOf(world.slack).filter(
    ({ click, inDirectMessage }) => click.actionId === 'operation.approve' && !inDirectMessage,
  );
  await world.slack.as(people.ben.id).clickStale(approve!.click);
  await world.settle();
  await world.pass(10 * minute);
}

test('What was rolled back since the backup is never said to be usable again: apps hear nothing until somebody decides', async () => {
  const backup = await backUp();
  await world.pass(minute);
  await rollBackStable();
  const before = await statusOf('1.5.0');
  expect(before.status).toBe('revoked');

  await goBackTo(backup);
  expect((await statusOf('1.5.0')).status).toBe('503');
  const shouted = said(conversations.emergency.id).find((text) =>
    text.includes('were restored from a backup'),
  );
  expect(shouted).toContain('in dispute on shop/stable');
  const [record] = buttonsOf(world.slack).filter(({ click }) => click.actionId === 'drift.record');
  await world.slack.as(people.dana.id).clickStale(record!.click);
  await world.settle();
  await world.pass(minute);
  const after = await statusOf('1.5.0');
  expect(after.status).toBe('revoked');
  expect(after.number).toBeGreaterThan(before.number);
});

test('It stays revoked where the lost life has ended at what was live in the backup: the registry file still tells', async () => {
  await world.type(people.ana.id, '/channels set stable 1.4.2 by hand');
  const backup = await backUp();
  await world.pass(minute);
  await world.type(people.ana.id, '/channels set stable 1.5.1 by hand');
  await rollBackStable();
  expect((await statusOf('1.5.1')).status).toBe('revoked');

  await goBackTo(backup);
  await world.pass(minute);
  expect(buttonsOf(world.slack).filter(({ click }) => click.actionId === 'drift.record')).toEqual([]);
  expect((await statusOf('1.5.1')).status).toBe('revoked');
});
