import { expect, it } from 'vitest';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { policiesFolder, smallTeam } from './small-team.ts';

const steps = `          steps:
            - { uses: deploy, title: 'Deploy {{version}} from {{source}}', phase: execute, target: 1m, deadline: 2m }
            - { uses: health, title: Check, phase: verify, target: 1m, deadline: 2m }
`;
const withCanary = `${smallTeam.channels}        promotion:
          from: [canary]
          observed_for: 30m
${steps}      canary:
        healthy_after: 1h
        conversation: emergency
        rollback:
${steps.replace(' from {{source}}', '')}`;

async function loaded(channels: string) {
  const dir = await policiesFolder({ ...smallTeam, channels });
  const result = await loadPolicies(dir);
  return result.ok
    ? result.policies
    : sayProblems(result.problems).replaceAll(`${dir}/`, 'policies/').split('\n');
}

it('a channel says where promotions may come from, and what has to have happened there', async () => {
  const policies = await loaded(withCanary);
  if (!('channels' in policies)) throw new Error(policies.join('\n'));
  expect(policies.channels.apps['site']?.channels).toMatchObject({
    stable: { promotion: { from: ['canary'], observed_for: 30 * 60_000, steps: [{ phase: 'execute' }, {}] } },
    canary: expect.not.objectContaining({ promotion: expect.anything() }),
  });
});

it.each([
  [
    'from: [canary]',
    'from: [canry]',
    'promotion.from[0]  expected another channel of site; found "canry" (did you mean canary?)',
  ],
  [
    'from: [canary]',
    'from: [stable]',
    'promotion.from[0]  expected another channel of site; found "stable" (there are canary)',
  ],
  ['from: [canary]', 'from: []', 'promotion.from  expected'],
  ['observed_for: 30m', 'observed_for: 30', 'promotion.observed_for  expected a duration'],
  [
    '{{source}}',
    '{{sourse}}',
    'promotion.steps[0].title  expected one of {{version}}, {{from}}, {{reason}}, {{operation}}, {{correlation}}, {{app}}, {{channel}}, {{source}}; found "{{sourse}}" (did you mean source?)',
  ],
  [
    'title: Deploy {{version}}\n',
    'title: Deploy {{source}}\n',
    'rollback.steps[0].title  expected one of {{version}}, {{from}}, {{reason}}, {{operation}}, {{correlation}}, {{app}}, {{channel}}; found "{{source}}"',
  ],
  [
    steps,
    steps.replace('phase: verify', 'phase: record'),
    'promotion.steps  expected at least one step of phase verify; found none',
  ],
  [
    steps,
    steps.replace('target: 1m', 'target: 3m'),
    'promotion.steps[0].target  expected a target within the deadline of 2m; found 3m',
  ],
])('refuses another %j: %j', async (before, after, said) => {
  expect(withCanary).toContain(before);
  const problems = await loaded(withCanary.replace(before, () => after));
  expect(problems).toHaveLength(1);
  expect(problems).toEqual([expect.stringContaining(`apps.site.channels.stable.${said}`)]);
});
