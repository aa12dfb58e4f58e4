import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import { healthOf } from '../../src/core/channel/health-state.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import { criticalRun, type CriticalRun } from '../../src/core/health/critical.ts';
import { sayReason } from '../../src/core/health/reason.ts';
import type { CanaryReport } from '../../src/core/health/report.ts';
import { healthPolicy, type HealthRule } from '../../src/core/policies/health.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { canary } from '../support/canary.ts';
import { ana, given, hour, minute, policies, second, start } from '../support/given.ts';

const bot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };

/** A report over these minutes, counted from when every example begins. */
interface Told {
  readonly from: number;
  readonly to: number;
  readonly severity: CanaryReport['severity'];
}
const critical = (from: number, to: number): Told => ({ from, to, severity: 'critical' });
const warning = (from: number, to: number): Told => ({ from, to, severity: 'warning' });
const silent = (from: number, to: number): Told => ({ from, to, severity: undefined });

type Critical = NonNullable<HealthRule['critical']>;
const fiveMinutes: Critical = { for: 5 * minute, reports: 1, gap: minute };

function withRule(rule: Critical | null): Policies {
  const rules = policies.health.rules.map(({ critical: _shipped, ...others }) =>
    rule ? { ...others, critical: rule } : others,
  );
  return { ...policies, health: { ...policies.health, rules } };
}

const live = given(channelKind)
  .when({ type: 'channel.set', version: '1.4.2', reason: 'released' }, { by: ana })
  .when({ type: 'channel.set', version: '1.5.0', reason: 'released' }, { at: hour, by: ana });

/** All of them come in at the same late moment, and hold too little to be judged by anything else. */
function told(reports: readonly Told[], rule: Critical | null = fiveMinutes, since = live) {
  let now = since;
  for (const { from, to, severity } of reports) {
    const window = { start: start + from * minute, end: start + to * minute };
    const intent: ChannelIntent = {
      type: 'health.report',
      report: canary({ window, severity, sessions: 3 }),
    };
    now = now.when(intent, { at: 3 * hour, by: bot, policies: withRule(rule) });
  }
  return now;
}

function standing(reports: readonly Told[], rule?: Critical): readonly unknown[] {
  const { judgement } = healthOf(told(reports, rule).state, '1.5.0') ?? {};
  const reasons = judgement?.reasons.filter(({ measure }) => measure === 'severity') ?? [];
  return [judgement?.verdict, ...reasons.map(sayReason)];
}

const soFar = (words: string) => ['inconclusive', `The release bot calls it critical ${words}`];
const fails = (words: string) => ['fail', `The release bot calls it critical ${words}`];

describe('a version that a release bot calls critical', () => {
  it.each<readonly [why: string, reports: readonly Told[], standing: readonly string[]]>([
    ['for one minute is a warning', [critical(0, 1)], soFar('for 1m of 5m')],
    [
      'for three minutes in three reports is one, too',
      [critical(0, 1), critical(1, 2), critical(2, 3)],
      soFar('for 3m of 5m'),
    ],
    [
      'for five minutes in five reports fails',
      [critical(0, 1), critical(1, 2), critical(2, 3), critical(3, 4), critical(4, 5)],
      fails('for 5m, a failure from 5m on'),
    ],
    ['for five minutes in one report fails', [critical(0, 5)], fails('for 5m, a failure from 5m on')],
    [
      'with a gap as long as is allowed goes on',
      [critical(0, 4), critical(5, 6)],
      fails('for 6m, a failure from 5m on'),
    ],
    ['with a longer gap begins anew', [critical(0, 4), critical(5.1, 6)], soFar('for 54s of 5m')],
    [
      'until a report says otherwise begins anew',
      [critical(0, 4), warning(4, 4.5), critical(4.5, 6)],
      soFar('for 1m 30s of 5m'),
    ],
    [
      'goes on over a report that says nothing about it',
      [critical(0, 4), silent(4, 4.5), critical(4.5, 6)],
      fails('for 6m, a failure from 5m on'),
    ],
    [
      'in windows that overlap counts no minute twice',
      [critical(0, 3), critical(1, 4), critical(2, 4.5)],
      soFar('for 4m 30s of 5m'),
    ],
    [
      'in a longer window that begins before the others counts all of it',
      [critical(3, 4), critical(0, 5)],
      fails('for 5m, a failure from 5m on'),
    ],
    [
      'passes by no report that says nothing about it',
      [critical(0, 5), silent(4, 5.5)],
      fails('for 5m, a failure from 5m on'),
    ],
    ['nor before it fails', [critical(0, 3), silent(2, 3.5)], soFar('for 3m of 5m')],
    [
      'but is judged without it once nobody has said so for long',
      [critical(0, 5), silent(5, 7)],
      ['inconclusive'],
    ],
    ['twice by the same report is called so once', [critical(0, 3), critical(0, 3)], soFar('for 3m of 5m')],
  ])('%s', (_why, reports, expected) => {
    expect(standing(reports)).toEqual(expected);
  });

  it('takes as many reports in a row as the policy says', () => {
    const thrice = { for: 5 * minute, reports: 3, gap: minute };
    expect(standing([critical(0, 6)], thrice)).toEqual(soFar('for 6m, in 1 of 3 reports in a row'));
    expect(standing([critical(0, 1), critical(1, 2)], thrice)).toEqual(
      soFar('for 2m of 5m, in 2 of 3 reports in a row'),
    );
    expect(standing([critical(0, 6), critical(6, 7), critical(7, 8)], thrice)).toEqual(
      fails('for 8m, a failure from 5m on in 3 reports in a row'),
    );
  });

  it('fails at once where the policy counts nothing', () => {
    const health = healthOf(told([critical(0, 1)], null).state, '1.5.0');
    expect(health?.judgement.reasons.map(sayReason)).toContain('The release bot calls it critical in 1m');
    expect(health?.judgement.verdict).toBe('fail');
  });

  it('is told in its thread when that begins, and to everybody when it fails', () => {
    const warned = told([critical(0, 1)]).leadsTo({
      effects: [
        { type: 'slack.card' },
        {
          type: 'slack.thread',
          broadcast: false,
          text: '1.5.0 is inconclusive: The release bot calls it critical for 1m of 5m. 3 sessions in 1m, it takes 2000. Watched for 1m, it takes 15m.',
        },
      ],
    });
    const silence = told([silent(1, 1.5)], fiveMinutes, warned).leadsTo({ effects: ['slack.card'] });
    const again = told([critical(1, 2)], fiveMinutes, silence).leadsTo({ effects: ['slack.card'] });
    told([critical(2, 5)], fiveMinutes, again).leadsTo({
      effects: [{ type: 'slack.card' }, { type: 'slack.thread', broadcast: true }],
    });
  });

  it('is promoted by nobody meanwhile', () => {
    const promote: ChannelIntent = {
      type: 'promotion.request',
      target: 'shop/canary',
      version: '1.5.0',
      override: false,
      reason: 'fine',
    };
    const concerns = (now: typeof live) =>
      now
        .when(promote, { by: ana })
        .tells.flatMap(({ intent }) =>
          intent.type === 'promotion.weigh' && 'concerns' in intent.testimony
            ? intent.testimony.concerns.flatMap(({ code, fact }) => (code === 'health-failed' ? [fact] : []))
            : [],
        );
    expect(concerns(told([critical(0, 3)]))).toEqual([
      'the newest health report of 1.5.0 on shop/stable warns (The release bot calls it critical for 3m of 5m)',
    ]);
    expect(concerns(told([critical(0, 3), critical(3, 5)]))[0]).toContain(
      'failed (The release bot calls it critical for 5m',
    );
    expect(concerns(told([critical(0, 3), warning(3, 4)]))).toEqual([]);
  });
});

describe('what the policy says about it', () => {
  const [rule] = policies.health.rules;
  const read = (critical: unknown) =>
    healthPolicy.safeParse({ rules: [{ ...rule, minimum_window: '10m', critical }] });

  it('may be only for how long: one report is enough, and a minute may be missing', () => {
    expect(read({ for: '5m' }).data?.rules[0]?.critical).toEqual(fiveMinutes);
  });

  it.each([[{ for: '0s' }], [{ for: 5 }], [{ for: '5m', reports: 0 }], [{ for: '5m', often: 3 }], [{}]])(
    'is refused: %j',
    (critical) => {
      expect(read(critical).success).toBe(false);
    },
  );
});

it('the policies that Lastgood ships ask for five minutes', () => {
  expect(policies.health.rules.map(({ critical }) => critical?.for)).toEqual([5 * minute, 5 * minute]);
});

describe('whatever is reported, and with whatever gaps', () => {
  const reports = fc.array(
    fc.record({
      from: fc.nat(600),
      length: fc.integer({ min: 1, max: 300 }),
      severity: fc.constantFrom('critical', 'ok', undefined),
    }),
    { maxLength: 12 },
  );

  it('a run lies within its reports, and every report in it is critical', () => {
    fc.assert(
      fc.property(reports, fc.nat(60), (all, gap) => {
        let run: CriticalRun | undefined;
        const seen: CanaryReport[] = [];
        for (const { from, length, severity } of all.toSorted(
          (a, b) => a.from + a.length - b.from - b.length,
        )) {
          const window = { start: from * second, end: (from + length) * second };
          const one = canary({ window, severity });
          run = criticalRun(run, one, gap * second);
          seen.push(one);
          if (!run) continue;
          const critical = seen.filter((each) => each.severity === 'critical').slice(-run.reports);
          expect(run.reports).toBe(critical.length);
          expect(run.since).toBe(Math.min(...critical.map((each) => each.window.start)));
          expect(run.until).toBe(critical.at(-1)?.window.end);
          const ended = seen.findLastIndex((each) => each.severity === 'ok');
          expect(ended).toBeLessThan(seen.indexOf(critical[0]!));
        }
      }),
    );
  });
});
