import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/** Memory, CPU, event loop lag: of the process, however many bots a test or the sandbox starts in it. */
export function ofProcess(): Registry {
  if (!registry) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
    // They go up and down, whatever their names say, and `promtool` refuses them; the same is told by type.
    for (const what of ['handles', 'requests', 'resources'])
      registry.removeSingleMetric(`nodejs_active_${what}_total`);
  }
  return registry;
}
