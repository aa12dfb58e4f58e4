import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approvalRuleFor, matchesChannel } from '../../src/core/plan/approval-rule.ts';
import { hashOf, planHash, planRollback } from '../../src/core/plan/plan.ts';
import type { ApprovalsPolicy } from '../../src/core/policies/approvals.ts';
import type { ChannelPolicy } from '../../src/core/policies/channels.ts';
import { minute, policies } from '../support/given.ts';
import { sayPlan, titleOf } from '../../src/core/plan/words.ts';
import { plan } from '../support/rollback.ts';

const [rule] = policies.approvals.rules;
if (!rule) throw new Error('policies/approvals.yml has no rules any more');

describe('the hash of a plan', () => {
  it('is sixteen hexadecimal digits', () => {
    expect(planHash(plan, rule)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('does not depend on the order of keys, nor on what is undefined', () => {
    assert(
      property(dictionary(string(), jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(hashOf({ ...value, 'no such key': undefined })).toBe(hashOf(turned));
      }),
    );
  });

  const [first, ...others] = plan.steps;
  it.each([
    ['the app', { ...plan, app: 'blog' }, rule],
    ['the channel', { ...plan, channel: 'canary' }, rule],
    ['where from', { ...plan, from: '1.5.1' }, rule],
    ['where to', { ...plan, to: '1.4.1' }, rule],
    ['the reason', { ...plan, reason: 'other' }, rule],
    ['a caution', { ...plan, caution: '1.4.2 was rolled back from' }, rule],
    ['a step less', { ...plan, steps: others }, rule],
    ['the order of steps', { ...plan, steps: plan.steps.toReversed() }, rule],
    ['what a step does', { ...plan, steps: [{ ...first, with: { ref: 'other' } }, ...others] }, rule],
    ['how many approve', plan, { ...rule, approvals: 2 }],
    ['who approves', plan, { ...rule, roles: ['lead' as const] }],
    ['when it expires', plan, { ...rule, expires_after: minute }],
  ])('changes with %s', (_what, otherPlan, otherRule) => {
    expect(planHash(otherPlan as typeof plan, otherRule)).not.toBe(planHash(plan, rule));
  });
});

describe('a plan', () => {
  const policy: ChannelPolicy = {
    healthy_after: 0,
    conversation: 'releases',
    rollback: {
      steps: [
        {
          uses: 'github-workflow',
          title: 'Deploy {{version}}',
          phase: 'execute',
          target: minute,
          deadline: minute,
          with: {
            inputs: {
              version: '{{ version }}',
              why: '[{{reason}}]',
              nested: [{ at: '{{app}}/{{channel}}' }],
            },
            correlation: '{{correlation}} of {{operation}}',
            url: 'https://x/{{ version | url }}?why={{reason|url}}',
            retries: 3,
            unknown: '{{secret}} ${{ github.token }}',
          },
        },
      ],
    },
  };
  const gathered = {
    operation: 'OP-7',
    storeId: 'k3x9w2',
    app: 'shop',
    channel: 'stable',
    from: '1.5.0',
    to: '1.4.2',
  };
  const filled = (reason: string) => planRollback({ ...gathered, reason, policy }).steps[0];

  it('has its placeholders filled in, however deep they are', () => {
    expect(filled('500')).toMatchObject({
      title: 'Deploy 1.4.2',
      with: {
        inputs: { version: '1.4.2', why: '[500]', nested: [{ at: 'shop/stable' }] },
        correlation: 'OP-7.1-k3x9w2 of OP-7',
        retries: 3,
        unknown: '{{secret}} ${{ github.token }}',
      },
    });
  });

  it.each(['{{version}}', '{{operation}} $& $1 $`', '${{ secrets.TOKEN }}', '}}{{reason}}'])(
    'leaves a reason as it was typed: %s',
    (reason) => {
      expect(filled(reason)?.with).toMatchObject({ inputs: { why: `[${reason}]` } });
    },
  );

  it.each([
    ['checkout answers 500?', 'checkout%20answers%20500%3F'],
    ['a&b=c#d/../e', 'a%26b%3Dc%23d%2F..%2Fe'],
    ['{{version}} ü', '%7B%7Bversion%7D%7D%20%C3%BC'],
    ['half \ud800', 'half%20%EF%BF%BD'],
  ])('encodes a reason for its place in an address: %s', (reason, encoded) => {
    expect(filled(reason)?.with).toMatchObject({ url: `https://x/1.4.2?why=${encoded}` });
  });

  it('has the steps of its policy, each with a correlation of its own', () => {
    expect(plan.steps.map(({ title, phase }) => `${phase}: ${title}`)).toEqual([
      'execute: Deploy 1.4.2 to stable',
      'verify: Check that the shop is well',
      'record: Mark 1.5.0 as bad in Sentry',
    ]);
    const [step] = policy.rollback.steps;
    const twice = { ...policy, rollback: { steps: step ? [step, step] : [] } };
    const { steps } = planRollback({ ...gathered, reason: '500', policy: twice });
    expect(steps.map((each) => each.with)).toMatchObject([
      { correlation: 'OP-7.1-k3x9w2 of OP-7' },
      { correlation: 'OP-7.2-k3x9w2 of OP-7' },
    ]);
  });
});

describe('the rule of approval', () => {
  const ofRule = { approvals: 1, roles: ['lead' as const], expires_after: minute, execute_within: minute };
  const policy: ApprovalsPolicy = {
    may_request: ['lead'],
    rules: [
      { ...ofRule, channels: ['shop/stable', 'blog/*'], severities: ['P0', 'P1'] },
      { ...ofRule, channels: ['*/canary'], approvals: 0 },
      { ...ofRule, channels: ['*'], approvals: 2 },
    ],
  };

  it.each([
    ['shop/stable', 'P0', 0],
    ['shop/stable', 'P1', 0],
    ['shop/stable', 'P2', 2],
    ['shop/stable', undefined, 2],
    ['shop/canary', 'P0', 1],
    ['shop/canary', undefined, 1],
    ['blog/canary', 'P0', 0],
    ['blog/canary', 'P3', 1],
    ['blog/beta', undefined, 2],
  ] as const)('for %s at %s is number %s', (channel, severity, index) => {
    expect(approvalRuleFor(policy, channel, severity)).toBe(policy.rules[index]);
  });

  it.each([
    ['*', 'shop/stable', true],
    ['*/*', 'shop/stable', true],
    ['*/stable', 'shop/stable', true],
    ['shop/*', 'shop/stable', true],
    ['shop/stable', 'shop/stable', true],
    ['stable', 'shop/stable', false],
    ['shop/sta*', 'shop/stable', false],
    ['shop/*', 'blog/stable', false],
    ['*/*/*', 'shop/stable', false],
  ])('%s fits %s: %s', (pattern, channel, fits) => {
    expect(matchesChannel(pattern, channel)).toBe(fits);
  });
});

it('says in words what changes, and calls nothing a way back that brings the same again', () => {
  const again = { ...plan, from: '1.5.0', to: '1.5.0' };
  const promotion = { ...again, kind: 'promote', source: 'canary', override: undefined } as const;
  expect([plan, again, promotion].map(sayPlan)).toEqual([
    'roll shop/stable back 1.5.0 → 1.4.2',
    'deploy 1.5.0 to shop/stable again',
    'promote 1.5.0 from canary to shop/stable again',
  ]);
  expect([plan, again].map(titleOf)).toEqual([
    'Roll back shop/stable 1.5.0 → 1.4.2',
    'Deploy 1.5.0 to shop/stable again',
  ]);
});
