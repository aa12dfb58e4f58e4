import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { start, type Program } from './program.ts';

/** Debian calls it `prometheus-alertmanager`, others `alertmanager`. */
const binary = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => [join(folder, 'prometheus-alertmanager'), join(folder, 'alertmanager')])
  .find((path) => existsSync(path));

/** Why nothing can be compared with it here. */
export const withoutAlertmanager =
  binary === undefined ? 'Alertmanager is not installed (Debian: prometheus-alertmanager)' : undefined;

export interface Alertmanager extends Program {
  readonly port: number;
}

/**
 * Groups by service, and notifies one webhook receiver.
 * @param options.warningsWait the `group_wait` of alerts with the severity warning
 */
export async function startAlertmanager(options: {
  readonly below: string;
  readonly sink: string;
  readonly groupWait: string;
  readonly warningsWait?: string;
}): Promise<Alertmanager> {
  if (binary === undefined) throw new Error(withoutAlertmanager);
  const { below, sink, groupWait, warningsWait = groupWait } = options;
  const folder = await mkdtemp(join(below, 'alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  await writeFile(
    config,
    stringify({
      route: {
        receiver: 'sink',
        group_by: ['service'],
        group_wait: groupWait,
        group_interval: '5m',
        repeat_interval: '4h',
        routes: [{ matchers: ['severity="warning"'], group_wait: warningsWait }],
      },
      receivers: [{ name: 'sink', webhook_configs: [{ url: `${sink}/notify` }] }],
    }),
  );
  const program = await start({
    argv: [
      binary,
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      '--cluster.listen-address=',
      '--web.listen-address=127.0.0.1:0',
    ],
    core: 'server',
    folder,
    ready: /address=127\.0\.0\.1:(\d+)/,
  });
  return { ...program, port: Number(program.ready[1]) };
}
