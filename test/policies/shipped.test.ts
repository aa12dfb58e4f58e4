import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { onCallAt } from '../../src/core/policies/roster.ts';
import { stepSchemas } from '../../src/executors/index.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { stepChecker } from '../../src/policies/step-checker.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';

const checkStep = stepChecker(stepSchemas);

async function shipped() {
  const loaded = await loadPolicies(examplePolicies, checkStep);
  if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
  return loaded.policies;
}

it('loads the policies that Lastgood ships', async () => {
  const { channels } = await shipped();
  const steps = channels.apps['shop']?.channels['stable']?.rollback.steps ?? [];
  expect(steps.map(({ uses, phase }) => `${phase} ${uses}`)).toEqual([
    'execute github-workflow',
    'verify health',
    'record sentry-release',
  ]);
});

it('shows steps in its comments that could stand there', async () => {
  const text = await readFile(join(examplePolicies, 'channels.yml'), 'utf8');
  const commented = (text.split('# Two more executors')[1] ?? '')
    .split('\n')
    .filter((line) => /^# {11,}/.test(line));
  const steps = (parse(commented.map((line) => line.slice(1)).join('\n')) as ShownStep[]).map(
    ({ uses, with: input }) => [uses, checkStep(uses, input)],
  );
  expect(steps).toEqual([
    ['command', undefined],
    ['http', undefined],
    ['http', undefined],
  ]);
});

interface ShownStep {
  readonly uses: string;
  readonly with: unknown;
}

it.each([
  ['helth', {}, 'expected an executor; found "helth" (did you mean health?)'],
  [
    'ansible',
    {},
    'expected an executor; found "ansible" (there are github-workflow, health, sentry-release, command, http)',
  ],
  [
    'health',
    {
      endpoints: [{ url: 'https://shop.example/healthz', expect: ['ok'] }],
      until_stable: 3,
      evry: '5s',
      within: '4m',
    },
    'with.endpoints[0].expect[0]: expected a line such as liveness=ok; found "ok"; with.evry: unexpected key "evry" (did you mean every?)',
  ],
])('judges a step that uses %s', (uses, input, said) => {
  expect(checkStep(uses, input)).toBe(said);
});

// The clocks of R53 with their rulings, in minutes.
it.each([
  ['P0', [5, 5, 5, 30, 15, 15]],
  ['P1', [15, 30, 15, 120, 30, 30]],
  ['P2', [60, 120, 30, 480, 60, 120]],
  ['P3', [240, null, 60, 1440, null, null]],
] as const)('ships the clocks of %s', async (severity, minutes) => {
  const level = (await shipped()).severity.levels[severity];
  const clocks = [
    level.acknowledge_within,
    level.rollback_start_within,
    level.rollback_budget,
    level.resolve_within,
    level.auto_rollback_after,
    level.acknowledged_for,
  ];
  expect(clocks.map((clock) => (clock === null ? null : clock / 60_000))).toEqual(minutes);
});

it.each([0, Date.UTC(2026, 0, 5, 9), Date.UTC(2026, 10, 22, 3), Date.UTC(2036, 5, 1)])(
  'has ana and ben on call for checkout at %d',
  async (at) => {
    const { roster } = await shipped();
    const levels = ['primary', 'secondary', 'manager'];
    expect(levels.map((level) => onCallAt(roster, 'checkout', level, at))).toEqual([
      ['ana'],
      ['ben'],
      ['dana'],
    ]);
  },
);
