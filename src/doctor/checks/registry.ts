import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registryFile } from '../../bot/registry.ts';
import { registrySchema } from '../../core/channel/registry.ts';
import { DocumentInvalid, readDocumentText } from '../../store/document-text.ts';
import type { Check } from '../examine.ts';
import { missing, ok, wrong } from '../finding.ts';

/** The file in which people and CI read what is live. A file that is not right keeps the bot from its first start. */
export const registry: Check = {
  area: 'Machine',
  name: registryFile,
  look: async ({ settings }) => {
    const path = join(settings.securityDir, registryFile);
    try {
      const { channels, example } = readDocumentText(path, await readFile(path, 'utf8'), registrySchema);
      if (example === true) {
        return [
          missing(
            registryFile,
            `${path} is the example that comes with Lastgood: nothing in it is believed`,
            'Write your versions into it and take "example" out, or say what is live with /channels set.',
          ),
        ];
      }
      const live = Object.entries(channels).map(([name, { version }]) => `${name} ${version}`);
      return [ok(registryFile, live.length === 0 ? 'names no version that is live' : live.join(', '))];
    } catch (error) {
      if (error instanceof DocumentInvalid) return [wrong(registryFile, error.message)];
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') {
        return [
          wrong(
            registryFile,
            `${path} cannot be read (${code ?? message})`,
            'Let the user of the bot read it.',
          ),
        ];
      }
      return [
        missing(
          registryFile,
          `${path} is not there: nobody has said yet what is live`,
          'The bot writes it. Say what is live with /channels set.',
        ),
      ];
    }
  },
};
