import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PolicyName } from '../../src/core/policies/policies.ts';

const clocks =
  'acknowledge_within: 5m, rollback_start_within: never, rollback_budget: 5m, resolve_within: 30m, auto_rollback_after: never, acknowledged_for: 15m';
const ladder =
  '{ rungs: [{ after: 0s, page: [{ conversation: emergency }] }], at_end: { times: 0, then_every: 5m } }';

/** The smallest policies that hold: two people, one service, one channel. */
export const smallTeam: Readonly<Record<PolicyName, string>> = {
  severity: `levels:
  P0: { title: Critical, means: Down, color: red, ${clocks} }
  P1: { title: High, means: Broken, color: orange, ${clocks} }
  P2: { title: Medium, means: Limping, color: yellow, ${clocks} }
  P3: { title: Low, means: Itching, color: blue, ${clocks} }
rules:
  - { service: web, labels: { severity: critical }, severity: P0 }
default: P2
`,
  services: `services:
  web:
    title: Web
    app: site
    channel: stable
    rotation: web
    escalation: default
    conversation: emergency
    labels: [{ service: web }]
channel_label: channel
channel_values: { production: stable }
unclaimed: web
`,
  roster: `people:
  ida:
    name: Ida
    slack: U0IDA
    email: ida@site.example
    roles: [responder, approver]
  tom:
    name: Tom
    slack: [U0TOM, U1TOM]
    roles: [approver]
rotations:
  web:
    primary:
      people: [ida]
`,
  escalation: `policies:
  default:
    P0:
      rungs:
        - after: 0s
          page:
            - { on_call: primary, by: [slack, mail] }
        - after: 5m
          page:
            - { person: tom, by: [slack] }
            - { mail_group: team }
      at_end: { repeat_from: 1, times: 1, then_every: 5m }
    P1: ${ladder}
    P2: ${ladder}
    P3: ${ladder}
`,
  approvals: `may_request: [responder, approver]
rules:
  - { channels: [site/stable], severities: [P0], approvals: 1, roles: [approver], expires_after: 15m, execute_within: 5m }
  - { channels: ['*'], approvals: 1, roles: [approver], expires_after: 1h, execute_within: 5m }
`,
  channels: `apps:
  site:
    title: Site
    channels:
      stable:
        healthy_after: 30m
        conversation: emergency
        rollback:
          steps:
            - uses: deploy
              title: Deploy {{version}}
              phase: execute
              target: 1m
              deadline: 2m
              with: { inputs: { version: '{{version}}' } }
            - uses: health
              title: Check
              phase: verify
              target: 1m
              deadline: 2m
`,
  health: `rules:
  - channels: [site/stable]
    minimum_sessions: 100
    minimum_window: 5m
    measures: { error_rate: { at_most: 0.02 } }
  - channels: ['*']
    minimum_sessions: 1000
    minimum_window: 5m
    measures: { crash_free_sessions: { at_least: 0.99 }, p95_ms: { at_most: 500, optional: true } }
`,
  notifications: `conversations:
  emergency: C0EMERGENCY
mail_groups:
  team: [team@site.example]
`,
};

/** Writes policies into a folder of their own, gone after the test. An empty text leaves the file out. */
export async function policiesFolder(texts: Readonly<Record<PolicyName, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'policies-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const files = Object.entries(texts).filter(([, text]) => text !== '');
  await Promise.all(files.map(([name, text]) => writeFile(join(dir, `${name}.yml`), text)));
  return dir;
}
