import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { alertSources } from '../sources/index.ts';
import { lookAtItself, ownAlert } from './own-alert.ts';

/**
 * A source of alerts sends more at once than we take. Any outage may be behind it, so people are called as for an alert
 * that cannot be understood, once while that incident is open.
 * @throws StoreUnavailable
 */
export function callForTooLarge(options: {
  readonly engine: Pick<Engine, 'submit'>;
  readonly policies: () => Policies;
  readonly now: () => Instant;
  readonly log: Log;
}): (source: string) => Promise<void> {
  const { engine, policies, now, log } = options;
  return async (source) => {
    log.error({ source }, 'a webhook was too large, and was not taken');
    if (!alertSources.has(source)) return;
    const alert = {
      fingerprint: `lastgood:too-large/${source}`,
      title: `A notification from ${source} was too large`,
      summary: `It had more than 8 MB and was not taken. ${lookAtItself(source)} And let it send smaller groups: group_by in Alertmanager and Grafana.`,
    };
    await engine.submit([ownAlert(policies(), source, alert, now())]);
  };
}
