import type { Anchors } from './anchors.ts';
import { startAuditJobs } from './audit-jobs.ts';
import { startRosterCheck, type RosterCheckParts } from './roster-check.ts';
import { tellPolicyMistakes } from './policy-mistakes.ts';
import type { PolicyEdits } from './policies.ts';
import { startSchedule } from './schedule.ts';
import type { SelfAudit } from './self-audit.ts';
import type { Store } from '../store/store.ts';
import type { Settings } from '../config.ts';
import type { Engine } from '../engine/engine.ts';

/**
 * Starts what is done beside answering, once the bot is ready: by the wall clock, or when a file was edited. Returns how to
 * stop it.
 */
export async function startJobs(
  parts: Omit<RosterCheckParts, 'store' | 'engine' | 'settings'> & {
    readonly store: Store;
    readonly engine: Engine;
    readonly settings: Settings;
    readonly policyEdits: PolicyEdits | undefined;
    readonly checkRegistry: () => Promise<void>;
    readonly audit: SelfAudit;
    readonly anchors: Anchors;
  },
): Promise<() => Promise<void>> {
  const { store, settings, policyEdits, clock, log } = parts;
  const stops = [
    startSchedule(store, settings.dataDir, clock, log, parts.checkRegistry),
    ...(policyEdits ? [tellPolicyMistakes({ ...parts, edits: policyEdits })] : []),
    await startRosterCheck(parts),
    startAuditJobs(parts),
  ];
  return async () => {
    for (const stop of stops) await stop();
  };
}
