import type { WebClient } from '@slack/web-api';
import { secretsOf, type ExaminedSettings } from '../config.ts';
import type { Policies, PolicyName } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import { stepSchemas } from '../executors/index.ts';
import { stillExamples } from '../policies/example.ts';
import { loadPolicies, type LoadedPolicies } from '../policies/load.ts';
import { stepRules } from '../policies/step-rules.ts';
import { slackClients, workspaceOf, type Workspace } from '../slack/clients.ts';
import type { Secret } from '../trust/secrets.ts';
import { checkTimeout } from './examine.ts';

/** What the checks look at: the settings and policies as far as they can be read, and ways to ask about the rest. */
export interface Patient {
  readonly settings: ExaminedSettings['usable'];
  readonly problems: ExaminedSettings['problems'];
  readonly given: ExaminedSettings['given'];
  readonly environment: ExaminedSettings['environment'];
  readonly loaded: LoadedPolicies;
  /** The policies when all of them are right: most checks of other parts can say nothing about half of them. */
  readonly policies: Policies | undefined;
  /** Those that are still the invented shop's: nothing that they name is anywhere outside. */
  readonly examples: readonly PolicyName[];
  readonly slack: SlackPatient | undefined;
  readonly secrets: readonly Secret[];
  readonly now: () => Instant;
  /** Writes to the store. Only the running bot has it; from anywhere else, its store is another process's. */
  readonly probeStore: (() => Promise<void>) | undefined;
  /** What tells its store from others. Only the running bot knows it. */
  readonly storeId: string | undefined;
  /** What the running bot has to say of itself; from anywhere else, it is asked. */
  readonly notes: (() => readonly string[]) | undefined;
  /** Where a running bot would answer. */
  readonly botUrl: string;
}

export interface SlackPatient {
  readonly client: WebClient;
  /** Asked once for all checks. Rejects when Slack does not answer, or does not accept the token. */
  readonly workspace: () => Promise<Workspace>;
}

/** The circumstances in which somebody is examined. */
export interface Circumstances {
  readonly now: () => Instant;
  readonly probeStore?: () => Promise<void>;
  readonly storeId?: string | undefined;
  readonly notes?: () => readonly string[];
  /** `LASTGOOD_URL`; without it a bot is looked for where the settings would let it listen. */
  readonly botUrl?: string | undefined;
}

/** Reads what can be read, and asks nobody yet. */
export async function patientOf(
  { usable: settings, problems, given, environment }: ExaminedSettings,
  { now, probeStore, storeId, notes, botUrl }: Circumstances,
): Promise<Patient> {
  const loaded = await loadPolicies(settings.policiesDir, stepRules(stepSchemas));
  return {
    settings,
    problems,
    given,
    environment,
    loaded,
    policies: loaded.ok ? loaded.policies : undefined,
    examples: await stillExamples(loaded),
    slack: slackPatient(settings.slack),
    secrets: secretsOf(settings),
    now,
    probeStore,
    storeId,
    notes,
    botUrl: (botUrl ?? localUrl(settings)).replace(/\/+$/, ''),
  };
}

/** A server that listens everywhere is asked here. */
function localUrl({ host, port }: Pick<Patient['settings'], 'host' | 'port'>): string {
  const here = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`;
}

function slackPatient({ botToken, apiUrl }: Patient['settings']['slack']): SlackPatient | undefined {
  if (!botToken) return undefined;
  const { interaction } = slackClients({ token: botToken, apiUrl, timeout: checkTimeout, log: silent });
  const asked = workspaceOf(interaction);
  let answer: Promise<Workspace> | undefined;
  return { client: interaction, workspace: () => (answer ??= asked()) };
}

/** What Slack's library would log, a finding says. */
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
