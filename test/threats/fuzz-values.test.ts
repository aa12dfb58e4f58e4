import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelKind } from '../../src/core/channel/channel.ts';
import { healthOf } from '../../src/core/channel/health-state.ts';
import { deploymentReport } from '../../src/core/health/deployment.ts';
import { canaryReport, windowProblem } from '../../src/core/health/report.ts';
import { fillIn, placeholders } from '../../src/core/plan/placeholders.ts';
import { parseDuration, sayDuration } from '../../src/core/time.ts';
import { newestFirst, parseVersion } from '../../src/core/version.ts';
import { commandStep } from '../../src/executors/command-step.ts';
import { workflowStep } from '../../src/executors/github-workflow-step.ts';
import { httpCall } from '../../src/executors/http-step.ts';
import { explainIssues } from '../../src/policies/explain-issue.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { healthCard } from '../../src/slack/views/health-card.ts';
import { ana, given, policies, start } from '../support/given.ts';
import { interpreted } from './support/interpreted.ts';
import { nearly, nearlyText } from './support/near.ts';

/** As long as a reason may be. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 500 }),
    fc.constantFrom('請'.repeat(500), '🙂'.repeat(250), '%'.repeat(500)),
    nearlyText('checkout answers 500', '{{version}}', '$&', "$'", '\\', '/../', '?', '#', '&', '%2e'),
  )
  .map((text) => text.slice(0, 500));

describe('A version', () => {
  test('is nothing that a shell, an address or an argument list could read as anything else', () => {
    const texts = nearlyText('v1.4.2-rc.1+build.7', '.', '-', '+', 'v', '--', ' ', '\n', '$(id)', '../');
    let versions = 0;
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => {
        const version = parseVersion(text);
        versions += version === undefined ? 0 : 1;
        expect(version ?? '0.0.0').toMatch(/^\d[0-9A-Za-z.+-]{4,127}$/);
        expect(parseVersion(version ?? '0.0.0')).toBe(version ?? '0.0.0');
        expect(newestFirst([version ?? '0.0.0', '1.0.0'])).toHaveLength(2);
      }),
      { numRuns: 1_000 },
    );
    expect(versions).toBeGreaterThan(20);
  });
});

describe('A duration', () => {
  test('is a number and a unit, and nothing else is', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyText('15m', 's', 'h', 'd', '1', '.', '-'), fc.string()), (text) => {
        const length = parseDuration(text);
        const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
        const seconds = Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 0);
        expect(length).toBe(count === '' ? undefined : seconds * 1_000);
        expect(sayDuration(length ?? 0)).toMatch(/^\d+[smhd](?: \d+[smhd])?$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('What is filled in', () => {
  const words = fc.record(Object.fromEntries(placeholders.map((word) => [word, anyText])));

  test('stands where it belongs, to the letter, and is not looked at again', () => {
    fc.assert(
      fc.property(words, (values) => {
        for (const word of placeholders) {
          expect(fillIn({ a: [`<{{ ${word} }}>`] }, values)).toEqual({ a: [`<${values[word]}>`] });
        }
        const whole = fillIn('{{reason}}|{{version}}|{{no}}|{{__proto__}}|{{constructor}}', values);
        expect(whole).toBe(`${values['reason']}|${values['version']}|{{no}}|{{__proto__}}|{{constructor}}`);
      }),
      { numRuns: 200 },
    );
  });

  test('never leads an address elsewhere, nor adds anything to it', () => {
    const step = {
      url: 'https://deploy.example:8443/apps/{{app|url}}/deploy?why={{reason|url}}&to={{version|url}}',
      json: { version: '{{version}}', why: ['{{reason}}'] },
      body: undefined,
    };
    const versions = fc.constantFrom('1.4.2', '2.0.0-rc.1+build.7');
    fc.assert(
      fc.property(anyText, versions, (reason, version) => {
        const filled = httpCall.parse(fillIn(step, { reason, version, app: 'shop' }));
        const { origin, pathname, searchParams, hash } = new URL(filled.url);
        expect([origin, pathname, hash]).toEqual(['https://deploy.example:8443', '/apps/shop/deploy', '']);
        // Half a character is none, and has a sign of its own.
        const whole = reason.replace(/\p{Cs}/gu, '\ufffd');
        expect([...searchParams]).toEqual([
          ['why', whole],
          ['to', version],
        ]);
        expect(filled.json).toEqual({ version, why: [reason] });
      }),
      { numRuns: 500 },
    );
  });

  test('stays one argument of a command, and one input of a workflow', () => {
    const command = {
      argv: ['deploy.sh', '--reason={{reason}}', '--', '{{version}}', '{{reason}}'],
      env: { WHY: '{{reason}}' },
    };
    const workflow = {
      repo: 'acme/shop',
      workflow: 'x.yml',
      ref: 'main',
      inputs: { version: '{{version}}', reason: '{{reason}}' },
    };
    fc.assert(
      fc.property(anyText, (reason) => {
        const values = { reason, version: '1.4.2' };
        const { data } = commandStep.safeParse(fillIn(command, values));
        const argv = ['deploy.sh', `--reason=${reason}`, '--', '1.4.2', reason];
        // Control characters are refused, whatever put them there: nothing is started then.
        expect([data?.argv, data?.env]).toEqual(
          /\p{Cc}/u.test(reason) ? [undefined, undefined] : [argv, { WHY: reason }],
        );
        const inputs = workflowStep.safeParse(fillIn(workflow, values)).data?.inputs;
        expect(inputs ?? { version: '1.4.2', reason }).toEqual({ version: '1.4.2', reason });
      }),
      { numRuns: 500 },
    );
  });
});

describe('What a release bot or a deploy tool says', () => {
  const window = { start: '2026-11-22T02:30:00Z', end: '2026-11-22T03:00:00Z' };
  const report = {
    app: 'shop',
    channel: 'canary',
    version: '1.5.0',
    window,
    sessions: 4210,
    crash_free_sessions: 0.981,
    error_rate: 0.004,
    p95_ms: 210,
    severity: 'ok',
    release_candidate_id: 'rc-7',
    url: 'https://ci.example/canary/7',
  };
  const deployment = {
    channel: 'stable',
    version: '1.5.0',
    url: 'https://ci.example/7',
    at: window.end,
    id: 'd-7',
  };

  test('is a report that can be judged and shown, or every mistake has words', () => {
    let judged = 0;
    const live = given(channelKind).when({ type: 'channel.set', version: '1.5.0', reason: 'r' }, { by: ana });
    fc.assert(
      fc.property(nearly(report), (body) => {
        const read = canaryReport.safeParse(body);
        const mistakes = read.success ? [] : explainIssues(canaryReport, body, read.error.issues);
        expect(mistakes.filter(({ message }) => message === '')).toEqual([]);
        expect(read.success || mistakes.length > 0).toBe(true);
        const windowed = read.success ? (windowProblem(read.data, start) ?? read.data) : 'mistaken';
        if (typeof windowed === 'string') return;
        judged += 1;
        const by = { kind: 'source', name: 'bot' } as const;
        const { state } = live.when({ type: 'health.report', report: windowed }, { by });
        const health = healthOf(state, windowed.version);
        const blocks = health ? healthCard(state, health, start).blocks : [];
        expect(refuseBlocks(blocks)).toBeUndefined();
        const ours = /<!date\^\d+\^[^|<>]*\|[^|<>]*>|<https?:\/\/[^<>|\s]+\|[\w ]+>/g;
        expect(interpreted(blocks).filter((text) => /[<>]/.test(text.replace(ours, '')))).toEqual([]);
      }),
      { numRuns: 400 },
    );
    expect(judged).toBeGreaterThan(50);
  });

  test('is a deployment that can be recorded, or every mistake has words', () => {
    let taken = 0;
    fc.assert(
      fc.property(nearly(deployment), (body) => {
        const read = deploymentReport.safeParse(body);
        const mistakes = read.success ? [] : explainIssues(deploymentReport, body, read.error.issues);
        expect(mistakes.filter(({ message }) => message === '')).toEqual([]);
        expect(read.success || mistakes.length > 0).toBe(true);
        const {
          app: _app,
          channel: _channel,
          ...told
        } = read.data ?? { app: '', channel: '', version: '1.0.0' };
        const by = { kind: 'source', name: 'deploy tool' } as const;
        const { events } = given(channelKind).when({ type: 'deployment.report', ...told }, { by, policies });
        taken += read.success && events.length > 0 ? 1 : 0;
        expect(JSON.stringify(events)).not.toContain('NaN');
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
