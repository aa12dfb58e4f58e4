import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openRegistry, registryFile, registryKeys } from '../../src/bot/registry.ts';
import {
  readMoves,
  registeredVersion,
  writeRegistry,
  type Registry,
} from '../../src/core/channel/registry.ts';
import { policyNames } from '../../src/core/policies/policies.ts';
import { stepSchemas } from '../../src/executors/index.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { stepRules } from '../../src/policies/step-rules.ts';
import { readYaml } from '../../src/policies/yaml-file.ts';
import { DocumentInvalid } from '../../src/store/document-text.ts';
import { smallTeam } from '../policies/small-team.ts';
import { policies, start } from '../support/given.ts';
import { nearly, nearlyText } from './support/near.ts';
import { memoryRows } from '../support/document-rows.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastgood-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What means something in YAML. */
// prettier-ignore
const yamlWords = [
  '\n', '\n\n', ': ', ':', '- ', '  ', '\t', '{', '}', '[', ']', ',', '"', "'", '|', '>', '|-\n', '&a ', '*a', '<<: *a', '? ',
  '!!js/function ', '!!binary ', '!x ', '%YAML 1.1\n---\n', '---\n', '...\n', '# ', '~', 'null', 'true', '0x1F', '1e400', '.inf',
  '.nan', '2026-01-01', '15m', '0s', '999999d', '-1s', '__proto__: {}', 'constructor: {}', '{{reason}}', '{{version|url}}',
];

/** Judges the steps as the bot does. */
const rules = stepRules(stepSchemas);

describe.each(policyNames)('policies/%s.yml', (name) => {
  const text = smallTeam[name];

  test('nearly right: policies, or mistakes that are told with their lines; never a throw', async () => {
    for (const each of policyNames) writeFileSync(join(folder, `${each}.yml`), smallTeam[each]);
    const yaml = readYaml(text);
    const texts = fc.oneof(
      nearlyText(text, ...yamlWords),
      nearly(yaml.ok ? yaml.value : {}).map((value) => stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (written) => {
        writeFileSync(join(folder, `${name}.yml`), written);
        const loaded = await loadPolicies(folder, rules);
        const problems = loaded.ok ? [] : loaded.problems;
        const lines = written.split('\n').length + 1;
        const misplaced = problems.filter(
          ({ file, line = 0 }) => file.endsWith(`${name}.yml`) && (line < 1 || line > lines),
        );
        expect(misplaced).toEqual([]);
        expect(sayProblems(problems).split('\n').length).toBeGreaterThanOrEqual(problems.length);
      }),
      { numRuns: 30 },
    );
  });
});

test('A registry that is nearly right is read, or refused with the lines; never another throw', async () => {
  const path = join(folder, registryFile);
  const row = { version: '1.5.0', rollout_percent: 100, updated_at: 1_795_000_000 };
  const registry: Registry = {
    version: 1,
    updated_at: 1_795_000_000,
    channels: { stable: row, canary: { ...row, version: 'v1.6.0-rc.1' } },
    history: [
      {
        ts: 1,
        action: 'set',
        channel: 'stable',
        from_version: '',
        to_version: '1.4.2',
        reason: 'r',
        actor: 'ana',
      },
      {
        ts: 2,
        action: 'promote',
        channel: 'canary->stable',
        from_version: '1.4.2',
        to_version: '1.5.0',
        reason: 'r',
        actor: 'ben',
      },
    ],
  };
  const texts = fc.oneof(
    nearly(registry).map((value) => JSON.stringify(value, null, 2) ?? ''),
    nearlyText(JSON.stringify(registry, null, 2), '{', '}', '[', ']', '"', ',', ':', '1e400', 'null', '\n'),
  );
  const refused: string[] = [];
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      writeFileSync(path, text);
      const rows = memoryRows();
      const document = await openRegistry(path, rows).catch((error: unknown) => {
        if (!(error instanceof DocumentInvalid)) throw error;
        return error;
      });
      if (document instanceof DocumentInvalid) {
        refused.push(document.message);
        return;
      }
      const read = document.read();
      const told = ['stable', 'canary', 'beta'].map((name) => [
        registeredVersion(read, name),
        readMoves(read, name, start),
      ]);
      expect(told).toHaveLength(3);
      await document.update((before) => writeRegistry(before, [], registryKeys(policies), start));
      expect((await openRegistry(path, rows)).read()).toEqual(document.read());
    }),
    { numRuns: 100 },
  );
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.filter((message) => !/line \d+/.test(message))).toEqual([]);
});
