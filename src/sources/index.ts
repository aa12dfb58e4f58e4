import type { AlertSource } from '../core/source.ts';
import { alertmanager } from './alertmanager.ts';
import { generic } from './generic.ts';
import { grafana } from './grafana.ts';
import { sentry } from './sentry.ts';

/** Every source of alerts, by the last part of its webhook's path. */
export const alertSources: ReadonlyMap<string, AlertSource> = new Map<string, AlertSource>(
  [alertmanager, generic, grafana, sentry].map((source) => [source.name, source]),
);
