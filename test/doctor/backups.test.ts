import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backups } from '../../src/doctor/checks/backups.ts';
import { examineSettings } from '../../src/config.ts';
import { patientOf } from '../../src/doctor/patient.ts';

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
