import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backups } from '../../src/doctor/checks/backups.ts';
import { examineSettings } from '../../src/config.ts';
import { patientOf } from '../../src/doctor/patient.ts';

test('The backup of another bot that has the same folder is not taken for ours', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lastgood-doctor-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const [ours, theirs] = ['2026-11-13-023700-k3x9w2', '2026-11-22-023700-aaaaaa'].map(
    (name) => `lastgood-${name}.db`,
  ) as [string, string];
  for (const name of [ours, theirs]) await writeFile(join(dir, name), '');
  const now = () => Date.parse('2026-11-22T09:00:00Z');
  const looked = async (storeId?: string) => {
    const patient = await patientOf(examineSettings({ BACKUP_DIR: dir }), { now, storeId });
    return backups.look(patient, new AbortController().signal);
  };

  expect(await looked('k3x9w2')).toMatchObject([
    { status: 'wrong', what: expect.stringContaining(`${ours}, is 9d`) as string },
  ]);
  expect(await looked('aaaaaa')).toMatchObject([
    { status: 'ok', what: expect.stringContaining(theirs) as string },
  ]);
  // Only the running bot knows which is its own.
  expect(await looked()).toMatchObject([
    { status: 'unknown', what: expect.stringContaining(`${theirs}, ${ours}`) as string },
  ]);
});

test('A backup that was made while the clock was a month ahead is not taken for last night’s', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lastgood-doctor-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const day of ['2026-12-22', '2026-11-13'])
    await writeFile(join(dir, `lastgood-${day}-023700-k3x9w2.db`), '');
  const now = () => Date.parse('2026-11-22T09:00:00Z');
  const patient = await patientOf(examineSettings({ BACKUP_DIR: dir }), { now });

  expect(await backups.look(patient, new AbortController().signal)).toMatchObject([
    {
      status: 'wrong',
      what: expect.stringContaining('lastgood-2026-11-13-023700-k3x9w2.db, is 9d') as string,
    },
  ]);
});
