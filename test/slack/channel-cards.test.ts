import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelCard } from '../../src/slack/views/channel-card.ts';
import type { View } from '../../src/slack/views/blocks.ts';
import { refuseBlocks } from '../../src/sandbox/neighbours/block-kit.ts';
import { sparkline } from '../../src/core/health/sparkline.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import { judge } from '../../src/core/health/judge.ts';
import { canary } from '../support/canary.ts';
import { channel, drift, health, lock, stableRule } from './channel-states.ts';
import { read } from './read-view.ts';
import { minute, start } from './states.ts';

const now = start + 2 * minute;
const failing = { error_rate: 0.021, crash_free_sessions: 0.9912 };
const card = (changes: Partial<Channel>, name = 'health 1.5.0'): View =>
  channelCard(channel(changes), name, now);

describe('the health card', () => {
  test('of a version that passes', () => {
    expect(read(card({ health: [health()] }))).toMatchInlineSnapshot(`
      "
      header: ✅ 1.5.0 on shop/stable passes
      section: 4210 of at least 2000 sessions, 30m until 03:04.
      section: ✅ Crash-free sessions *99.7 %* (at least 99.5 %), −0.13 points
        ✅ Error rate *0.4 %* (at most 1 %)
        ✅ p95 *210 ms* (at most 300 ms), −30 ms
      context: Crash-free sessions, last 5 reports: ███▁▇ 99.85 % → 99.7 %
      context: Reported by relbot (api) at 03:05 · it calls this ok · candidate rc-7
      "
    `);
  });

  test('of one that fails has the way back', () => {
    const told = {
      ...failing,
      severity: 'error',
      correlation_id: 'c-42',
      url: 'https://ci.example/runs/42',
    } as const;
    expect(read(card({ health: [health(told)] }))).toMatchInlineSnapshot(`
      "
      header: ❌ 1.5.0 on shop/stable fails
      section: 4210 of at least 2000 sessions, 30m until 03:04.
      section: ❌ Crash-free sessions *99.12 %* (at least 99.5 %), −0.71 points
        ❌ Error rate *2.1 %* (at most 1 %), +1.7 points
        ✅ p95 *210 ms* (at most 300 ms), −30 ms
      context: Crash-free sessions, last 5 reports: ███▁▁ 99.85 % → 99.12 %
      context: Reported by relbot (api) at 03:05 · it calls this error · candidate rc-7 · correlation c-42 · <https://ci.example/runs/42|open>
      actions: [Roll back to 1.4.2 danger confirm]
      "
    `);
  });

  test('of one about which nobody can say', () => {
    const few = health({ sessions: 12, p95_ms: undefined }, { previous: undefined, points: [] });
    expect(read(card({ health: [few] }))).toMatchInlineSnapshot(`
      "
      header: ❔ 1.5.0 on shop/stable is inconclusive
      section: *Nobody can say yet*; the newest report is neither a pass nor a fail.
        *12 of at least 2000 sessions*, 30m until 03:04.
      section: ▫️ Crash-free sessions *99.7 %* (at least 99.5 %)
        ▫️ Error rate *0.4 %* (at most 1 %)
      context: Reported by relbot (api) at 03:05 · it calls this ok · candidate rc-7
      "
    `);
  });

  test.each([
    [
      'is no longer live',
      { periods: channel().periods.slice(0, 1) },
      '1.5.0 is not live on shop/stable: 1.4.2 is.',
    ],
    [
      'is not live on an empty channel',
      { periods: [] },
      '1.5.0 is not live on shop/stable: nothing is known to be.',
    ],
    ['is being left', { lock }, '*OP-3* holds shop/stable: roll back to 1.4.2, by Ben Okafor.'],
    [
      'has nothing good before it',
      { periods: channel().periods.slice(1) },
      'Name one yourself: /rollback stable &lt;version&gt; &lt;reason&gt;',
    ],
  ] as const)('says why there is no button when the version %s', (_why, changes, words) => {
    const text = read(card({ health: [health(failing)], ...changes }));
    expect(text).toContain(words);
    expect(text).not.toContain('[Roll back');
  });

  test('keeps its button, and says why, when a report that says nothing follows one that failed', () => {
    const { judgement: failed } = health(failing);
    const text = read(card({ health: [health({ sessions: 12 }, { failed })] }));
    expect(text).toContain('header: ❔ 1.5.0 on shop/stable is inconclusive');
    expect(text).toContain('❌ *The last conclusive report failed*: Crash-free sessions 99.12 %');
    expect(text).toContain('[Roll back to 1.4.2 danger confirm]');
  });

  test('has its button while a promotion holds the channel, for that makes way', () => {
    const promotion = { ...lock, kind: 'promote', to: '1.6.0', begunAt: undefined } as const;
    const held = { health: [health(failing)], lock: promotion };
    expect(read(card(held))).toContain('[Roll back to 1.4.2');
    const next = { operation: 'OP-4', name: 'Ana Ruiz', reason: 'it fails', from: '1.6.0', to: '1.5.0' };
    expect(read(card({ ...held, next }))).not.toContain('[Roll back');
    expect(read(card({ ...held, lock: { ...promotion, begunAt: start } }))).toContain(
      '1.5.0 is not live on shop/stable: 1.6.0 is.',
    );
  });

  test('marks an error rate that is within its threshold and clearly up', () => {
    const { judgement, ...rest } = health({ error_rate: 0.01 });
    const up = {
      type: 'clearly-up',
      measure: 'error_rate',
      value: 0.01,
      threshold: 0.01,
      window: 30 * minute,
      baseline: { version: '1.4.2', value: 0.001 },
    } as const;
    const failed = { ...rest, judgement: { ...judgement, verdict: 'fail', reasons: [up] } as const };
    expect(read(card({ health: [failed] }))).toContain(
      '❌ Error rate *1 %* (at most 1 %; clearly up from 0.1 % of 1.4.2, below 1 % passes), +0.6 points',
    );
  });

  test('says each measure once, what fails or is missing first', () => {
    const text = read(card({ health: [health({ crash_free_sessions: undefined, p95_ms: 900 })] }));
    expect(text.split('\n').filter((line) => line.includes(' *'))).toEqual([
      'section: ❔ Crash-free sessions *not measured* (at least 99.5 %)',
      '  ❌ p95 *900 ms* (at most 300 ms), +660 ms',
      '  ✅ Error rate *0.4 %* (at most 1 %)',
    ]);
  });

  test('names what could have been measured and was not, where nothing was', () => {
    const { judgement, ...rest } = health();
    const missing = { type: 'missing', measure: 'p99_ms', value: undefined, threshold: 800 } as const;
    const nothing = {
      ...judgement,
      verdict: 'inconclusive',
      measured: [],
      reasons: [{ ...missing, window: 30 * minute }],
    } as const;
    expect(read(card({ health: [{ ...rest, judgement: nothing }] }))).toContain(
      '• p99 not measured in 30m, at most 800 ms',
    );
  });

  test('counts how long the bot has called it critical, and has a way back once that is long enough', () => {
    const called = (minutes: number): string => {
      const since = start - minutes * minute;
      const report = canary({ severity: 'critical', window: { start: start - minute, end: start } });
      const judgement = judge(report, stableRule, undefined, { since, until: start, reports: minutes });
      return read(card({ health: [health({}, { report, judgement })] }));
    };
    expect(called(3)).toContain('header: ❔ 1.5.0 on shop/stable is inconclusive');
    expect(called(3)).toContain('⚠️ *The release bot calls it critical for 3m of 5m*; then it fails.');
    expect(called(3)).toContain('*1m of at least 15m* until 03:04.');
    expect(called(3)).not.toContain('[Roll back');
    expect(called(5)).toContain('header: ❌ 1.5.0 on shop/stable fails');
    expect(called(5)).toContain('❌ *The release bot calls it critical for 5m, a failure from 5m on.*');
    expect(called(5)).toContain('[Roll back to 1.4.2 danger confirm]');
  });

  test('asks for the same as /rollback, with the reason', () => {
    const { blocks } = card({ health: [health(failing)] });
    const [element] = (blocks.at(-1) as { readonly elements: readonly { readonly value?: string }[] })
      .elements;
    expect(JSON.parse(element?.value ?? '')).toEqual({
      channel: 'shop/stable',
      version: '1.4.2',
      leaving: '1.5.0',
      reason:
        'canary health failed: Crash-free sessions 99.12 % in 30m, at least 99.5 %; Error rate 2.1 % in 30m, at most 1 %',
    });
  });
});

describe('the drift card', () => {
  const back = {
    periods: [...channel().periods, { ...channel().periods[0]!, from: start - 20 * minute, to: undefined }],
  };

  test('of a version that was rolled back and is there again', () => {
    expect(read(card({ ...back, drifts: [drift()] }, 'drift 7'))).toMatchInlineSnapshot(`
      "
      header: ⚠️ Drift on shop/stable: 1.5.0 or 1.4.2?
      section: *1.5.0 was rolled back before, and something has deployed it again.* Stop what deploys it, or it comes back once more.
      section: *What runs*
        1.5.0, says github, seen 03:04 · <https://ci.example/deploys/7|open>
        *Our records say*
        1.4.2, since 02:44
      actions: [1.5.0 is live: record it confirm] [Roll back to 1.4.2 danger confirm]
      "
    `);
  });

  test.each<readonly [why: string, changes: Partial<Channel>, words: string]>([
    [
      'an operation ended half way',
      { doubt: { operation: 'OP-3', why: 'Run 3 failed.', since: start } },
      'What runs on shop/stable has not been certain since OP-3.',
    ],
    ['one is at work', { lock: { ...lock, begunAt: start } }, 'OP-3 is at work on shop/stable right now.'],
    ['nothing is known', { periods: [] }, 'What runs on shop/stable is not known.'],
  ])('of a file claims to know nothing of production when %s', (_why, changes, words) => {
    const file = drift({ side: 'file', cause: 'edited', found: '1.6.0', url: undefined });
    const text = read(card({ drifts: [file], ...changes }, 'drift 7'));
    expect(text).toContain(words);
    expect(text).not.toContain('As far as Lastgood knows');
  });

  test('of a file that others wrote into', () => {
    const file = drift({ side: 'file', cause: 'edited', found: '1.6.0', url: undefined });
    expect(read(card({ drifts: [file] }, 'drift 7'))).toMatchInlineSnapshot(`
      "
      header: ⚠️ Drift on shop/stable: 1.6.0 or 1.5.0?
      section: Somebody else wrote into the registry file, in which CI and people read what is live. Lastgood deploys nothing because of it. As far as Lastgood knows, 1.5.0 runs on shop/stable.
      section: *The registry file says*
        1.6.0, seen 03:04
        *Our records say*
        1.5.0, since 02:04
      actions: [1.6.0 is live: record it confirm] [Keep 1.5.0: write the file again]
      "
    `);
    const missed = [
      { at: file.since, cause: 'rollback', from: '1.5.0', to: '1.4.2', reason: '', actor: '' },
    ] as const;
    expect(read(card({ drifts: [{ ...file, found: '1.4.2', missed }] }, 'drift 7'))).toContain(
      'It also says that since then 1.5.0 was rolled back to 1.4.2: whoever records it records that, too.',
    );
    const text = read(card({ drifts: [{ ...file, found: undefined }] }, 'drift 7'));
    expect(text).toContain('took this channel out of the registry file');
    expect(text).toContain('actions: [Keep 1.5.0: write the file again]\n');
  });

  test('leaves production alone while an operation holds the channel', () => {
    const held = drift({ cause: 'held', found: '1.6.0', operation: 'OP-3' });
    const text = read(card({ lock, drifts: [held] }, 'drift 7'));
    expect(text).toContain('*OP-3 holds this channel, and something else has deployed here.*');
    expect(text).not.toContain('[');
  });

  test.each([
    ['agrees', 'Both say 1.4.2 now; it settled by itself.'],
    ['recorded', '1.4.2 is recorded as live, says Ana Ruiz (slack).'],
    ['kept', '1.4.2 stays, says Ana Ruiz (slack); the registry file is written again.'],
    ['replaced', '1.4.2 has been deployed over it.'],
    ['taken-back', '1.4.2 was put live and verified.'],
    ['overtaken', 'No longer of interest: by now 1.4.2 is recorded as live.'],
  ] as const)('says how it was settled: %s', (how, words) => {
    const settled = { how, version: '1.4.2', by: 'Ana Ruiz (slack)', at: start + minute };
    const text = read(card({ drifts: [drift({ settled })] }, 'drift 7'));
    expect(text).toContain(words);
    expect(text).not.toContain('[');
  });
});

describe('a chart in a line', () => {
  test.each([
    ['falls', [0.999, 0.9978, 0.99], '█▇▁'],
    ['is flat within the noise', [0.9971, 0.9972, 0.9971], '███'],
    ['is flat', [0.5, 0.5], '██'],
    ['has gaps', [1, undefined, 0], '█·▁'],
    ['is empty', [], ''],
  ] as const)('that %s', (_how, values, line) => {
    expect(sparkline(values, 0.005)).toBe(line);
  });
});

const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('<!here>', '<@U0ANA>', '<http://evil.example|ok>', '&lt;', '\n', '\u202e', '*', '`'),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.nat(4_000).map((length) => '<'.repeat(length)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

describe('whatever is reported', () => {
  const long = `1.5.0-${'x'.repeat(120)}`;
  const views = fc.tuple(nasty, nasty).map(([a, b]): readonly View[] => {
    const worst = health(
      {
        version: long,
        release_candidate_id: a,
        correlation_id: b,
        url: `https://example/${encodeURIComponent(a)}`,
        crash_free_sessions: 0,
        crash_free_users: 0,
        error_rate: 1,
        success_rate: 0,
        degraded_rate: 1,
        p95_ms: Number.MAX_SAFE_INTEGER,
        p99_ms: Number.MAX_SAFE_INTEGER,
        severity: 'critical',
        sessions: Number.MAX_SAFE_INTEGER,
      },
      { by: b, previous: undefined },
    );
    const periods = [
      { ...channel().periods[0]!, version: `1.4.2-${'y'.repeat(120)}` },
      { ...channel().periods[1]!, version: long },
    ];
    const base = channel({ periods, health: [worst] });
    const held = { ...lock, name: a, reason: b };
    const odd = drift({ found: long, by: a, url: b });
    return [
      channelCard(base, `health ${long}`, now),
      channelCard({ ...base, lock: held }, `health ${long}`, now),
      channelCard({ ...base, drifts: [odd] }, 'drift 7', now),
      channelCard({ ...base, drifts: [{ ...odd, side: 'file' }], lock: held }, 'drift 7', now),
    ];
  });

  test("Slack's limits hold, and nothing of theirs is live", () => {
    fc.assert(
      fc.property(views, (all) => {
        for (const { text, blocks } of all) {
          expect(refuseBlocks(blocks)).toBeUndefined();
          expect(text.length).toBeLessThanOrEqual(500);
          const written = JSON.stringify([text, ...blocks.filter(({ type }) => type !== 'actions')]);
          const theirs = written
            .replace(/<!date\^\d+\^(?:\{date_short_pretty\} )?\{time\}\|[^>]*>/g, '')
            .replace(/<https?:[^<>|\s]+\|open>/g, '');
          // A header is plain text, which Slack does not interpret.
          expect(theirs).not.toMatch(/[<>\u202e]/);
        }
      }),
      { numRuns: 60 },
    );
  });
});
