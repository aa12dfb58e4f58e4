import type { Settings } from '../config.ts';
import type { Log } from '../engine/log.ts';
import { ownVersion } from '../terminal/version.ts';
import type { Traces } from '../traces/start-traces.ts';

/** Traces, where somebody wants them: nobody else's memory has to hold what makes them. */
export async function tracesFor({ traces }: Pick<Settings, 'traces'>, log: Log): Promise<Traces | undefined> {
  if (!traces) return undefined;
  const { startTraces } = await import('../traces/start-traces.ts');
  return startTraces({ ...traces, version: ownVersion(), warn: (fields, text) => log.warn(fields, text) });
}
