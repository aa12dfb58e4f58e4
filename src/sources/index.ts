import type { AlertSource } from '../core/source.ts';
import { alertmanager } from './alertmanager.ts';
import { generic } from './generic.ts';

/** Every source of alerts, by the last part of its webhook's path. */
export const alertSources: ReadonlyMap<string, AlertSource> = new Map(
  [alertmanager, generic].map((source) => [source.name, source]),
);
