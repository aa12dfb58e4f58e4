import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRegistry, registryFile } from '../../src/bot/registry.ts';
import { mistakesInWorkflow } from '../../src/doctor/workflow-file.ts';
import { readYaml } from '../../src/policies/yaml-file.ts';
import { deepest, tooDeepAt } from '../../src/trust/nesting.ts';
import { memoryRows } from '../support/document-rows.ts';

/** Ways to put one thing into another so many times, each on one line. */
const ways: readonly (readonly [string, (levels: number) => string])[] = [
  ['lists in brackets', (levels) => '['.repeat(levels) + ']'.repeat(levels)],
  ['brackets that are never closed', (levels) => '['.repeat(levels)],
  ['objects', (levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`],
  ['lists in blocks', (levels) => `${'- '.repeat(levels)}x`],
  ['keys', (levels) => `${'? '.repeat(levels)}x`],
];

describe('One in another twenty thousand times:', () => {
  test.each(ways)('%s in a policy is a mistake with its place', (_, nested) => {
    const read = readYaml(`people:\n  ana: ${nested(20_000)}`.replace(/ana: (?=[-?])/, 'ana:\n    '));
    expect(read).toEqual({
      ok: false,
      problems: [
        {
          line: expect.any(Number),
          column: expect.any(Number),
          message: expect.stringMatching(/^expected at most 100 levels/),
        },
      ],
    });
  });

  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-nesting-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(ways)('%s in the registry are refused, and left as they are', async (_, nested) => {
    await writeFile(join(folder, registryFile), nested(20_000));
    await expect(openRegistry(join(folder, registryFile), memoryRows())).rejects.toThrow(
      'line 1: expected at most 100 levels',
    );
  });

  test.each(ways)('%s in a workflow make it one that cannot be read', (_, nested) => {
    expect(mistakesInWorkflow(nested(20_000), [], 'correlation_id')).toEqual([
      'it is no workflow that can be read',
    ]);
  });
});

test.each(ways)('nearly as deep as that is fine, and deeper is not: %s', (_, nested) => {
  expect(tooDeepAt(nested(deepest - 1))).toBeUndefined();
  expect(tooDeepAt(nested(deepest + 1))).toMatchObject({ line: 1 });
});

test('brackets that are but text are none', () => {
  const many = '['.repeat(2 * deepest);
  for (const text of [`a: "${many}"`, `a: x # ${many}`, `a: |\n  ${many}\n`, `{"a":"${many}"}`])
    expect(tooDeepAt(text)).toBeUndefined();
});
