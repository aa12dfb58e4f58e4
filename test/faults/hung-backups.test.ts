import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hungFolder, withoutHungFolders, type HungFolder } from '../support/hung-folder.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { launch, until } from './support/process.ts';

const built = new URL('../../dist/src/', import.meta.url).href;

describe.skipIf(withoutHungFolders !== undefined)(
  `The folder of backups is on a network that has gone away ${withoutHungFolders ?? ''}`,
  () => {
    let town: Neighbourhood;
    let gone: HungFolder;
    beforeEach(async () => {
      gone = hungFolder();
      town = await startNeighbourhood();
    });
    afterEach(async () => {
      gone.release();
      await town.close();
    });

    test('it pages all the same, and SIGTERM ends it in the middle of a backup', async () => {
      const bot = await town.start({ BACKUP_DIR: join(gone.path, 'backups') });
      const alert = {
        key: 'down',
        title: 'Checkout is down',
        service: 'checkout',
        severity: 'critical',
      };
      expect(await town.alert(alert)).toBe(202);
      await until('somebody is paged', () => town.pagerduty.alerts().length === 1);
      expect(await bot.terminate()).toMatchObject({ code: 0, stderr: '' });
      expect(bot.log()).toContain('the backup was given up, since Lastgood ends');
    });

    test('a backup is given up, the doctor does not wait; then names are looked up, and the process ends', async () => {
      const { ended } = launch(
        {},
        {
          program: [
            '--input-type=module',
            '--eval',
            `import { lookup } from 'node:dns/promises';
             const { makeBackup } = await import('${built}store/backup-file.js');
             const { backups } = await import('${built}doctor/checks/backups.js');
             const backupDir = '${gone.path}/backups';
             const why = (error) => console.log(error.message);
             await makeBackup(process.execPath, backupDir + '/one.db', { limit: 300 }).catch(why);
             const patient = { settings: { backupDir }, now: Date.now };
             await backups.look(patient, AbortSignal.timeout(300)).catch(why);
             await lookup('localhost');
             console.log('looked up');
             process.exit(0);`,
          ],
        },
      );
      expect(await ended).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/took longer than[^]*aborted due to timeout[^]*looked up/) as unknown,
      });
    });
  },
);
