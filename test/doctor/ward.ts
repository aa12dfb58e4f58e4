import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examineSettings } from '../../src/config.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { checks } from '../../src/doctor/index.ts';
import { patientOf } from '../../src/doctor/patient.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { startNeighbourhood, type Neighbourhood } from '../../src/sandbox/neighbourhood.ts';
import { seedFolders, type Folders } from '../../src/sandbox/seed.ts';
import type { PolicyChanges } from '../support/changed-policies.ts';
import { startFront, type Front, type Misanswer } from './front.ts';

const now = Date.parse('2026-11-22T03:00:00Z');

type Fronted = 'slack' | 'github' | 'sentry' | 'pagerduty' | 'shop';

/** What is different from a place in which all is well. */
export interface Trouble {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly policies?: PolicyChanges;
  /** Changes to what stands in the folders, before the doctor comes. */
  readonly folders?: (folders: Folders) => Promise<void> | void;
  readonly answers?: { readonly [neighbour in Fronted]?: readonly Misanswer[] };
}

/** Emulated neighbours, and a doctor who comes as often as called, each time to a new place among them. */
export interface Ward {
  readonly neighbours: Neighbourhood;
  readonly call: (trouble?: Trouble) => Promise<readonly Finding[]>;
  readonly close: () => Promise<void>;
}

export async function openWard(slackMode: 'http' | 'socket' = 'http'): Promise<Ward> {
  const neighbours = await startNeighbourhood({
    now: () => new Date(now),
    requestUrl: () => undefined,
    slackMode,
  });
  const fronts: Readonly<Record<Fronted, Front>> = {
    slack: await startFront(neighbours.slack.url),
    github: await startFront(neighbours.github.url),
    sentry: await startFront(neighbours.sentry.url),
    pagerduty: await startFront(neighbours.pagerduty.url),
    shop: await startFront(neighbours.shop.url),
  };

  async function callAt(root: string, { env = {}, policies = {}, folders, answers = {} }: Trouble) {
    const seeded = await seedFolders(root, examplePolicies, fronts.shop.url, now);
    for (const [file, change] of Object.entries(policies)) {
      const path = join(seeded.policiesDir, file);
      const before = await readFile(path, 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`the change to ${file} changes nothing`);
      await writeFile(path, after);
    }
    await folders?.(seeded);
    const backups = join(root, 'backups');
    await mkdir(backups);
    await writeFile(join(backups, 'lastgood-2026-11-22-023700.db'), '');
    for (const [name, front] of Object.entries(fronts)) front.misanswers = answers[name as Fronted] ?? [];
    const settings = examineSettings({
      ...neighbours.environment,
      SLACK_API_URL: fronts.slack.url,
      GITHUB_API_URL: fronts.github.url,
      SENTRY_URL: fronts.sentry.url,
      PAGERDUTY_EVENTS_URL: fronts.pagerduty.url,
      DATA_DIR: seeded.dataDir,
      BACKUP_DIR: backups,
      AUDIT_ANCHORS: join(root, 'anchors.jsonl'),
      POLICIES_DIR: seeded.policiesDir,
      SECURITY_DIR: seeded.securityDir,
      PORT: '0',
      ...env,
    });
    return examine(await patientOf(settings, { now: () => now }), checks);
  }

  return {
    neighbours,
    call: async (trouble = {}) => {
      const root = await mkdtemp(join(tmpdir(), 'lastgood-doctor-'));
      try {
        return await callAt(root, trouble);
      } finally {
        await rm(root, { recursive: true });
      }
    },
    close: async () => {
      for (const front of Object.values(fronts)) front.close();
      await neighbours.close();
    },
  };
}

/** What is not all right. */
export function troubles(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ status }) => status !== 'ok');
}
