import { array, assert, boolean, constantFrom, integer, oneof, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import { lastgood } from '../../src/core/actor.ts';
import type { ChannelEvent, MoveCause } from '../../src/core/channel/event.ts';
import { isHearsay } from '../../src/core/channel/hearsay.ts';
import { isGood, lastGood, passedOver } from '../../src/core/channel/last-good.ts';
import { leftByRollback } from '../../src/core/channel/left-by-rollback.ts';
import { evolveChannel, knownVersions, livePeriod, type Channel } from '../../src/core/channel/state.ts';
import { cautionAbout } from '../../src/core/channel/testimony.ts';
import { minute, start } from '../support/given.ts';

const healthyAfter = 30 * minute;
const versions = constantFrom('1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0');
const moves = record({
  type: constantFrom('channel.moved' as const),
  cause: constantFrom<MoveCause[]>('set', 'deploy', 'deploy', 'rollback', 'rollback', 'promote'),
  to: versions,
  /** What a rollback leaves need not be what counts as live: a promotion may have brought it half way. */
  half: constantFrom(undefined, undefined, '1.1.0', '1.3.0'),
  told: boolean(),
});
const incidents = record({
  type: constantFrom('incident.noted' as const),
  severity: constantFrom('P0' as const, 'P3' as const, undefined),
});
const histories = array(
  record({
    what: oneof({ weight: 4, arbitrary: moves }, { weight: 1, arbitrary: incidents }),
    pause: integer({ min: 0, max: 60 }),
  }),
  { minLength: 3, maxLength: 40 },
);
type What = Parameters<Parameters<typeof histories.map>[0]>[0][number]['what'];

function eventOf(what: What, channel: Channel | undefined): ChannelEvent {
  if (what.type === 'incident.noted')
    return { type: what.type, incident: 'INC-1', severity: what.severity, conversation: 'C0' };
  const { type, cause, to, half, told } = what;
  const live = channel && livePeriod(channel)?.version;
  return {
    type,
    cause,
    to,
    from: cause === 'rollback' ? (half ?? live) : live,
    reason: 'a release',
    actor: 'Ana Ruiz',
    operation: undefined,
    verified: cause === 'rollback' || cause === 'promote',
    since: undefined,
    ...(cause === 'deploy' && told ? { toldBy: 'relbot' } : {}),
  };
}

/** Whatever a channel has been through. A failure prints its seed and the shortest history that shows it. */
it('no version is proposed that its own plan would say was rolled back', () => {
  const seen = { proposed: 0, left: 0, hearsay: 0, passedOver: 0 };
  const holds = property(histories, (history) => {
    let at = start;
    let channel: Channel | undefined;
    for (const { what, pause } of history) {
      at += pause * minute;
      const event = { ...eventOf(what, channel), seq: 1, at, by: lastgood };
      channel = evolveChannel(channel, event, 'channel:shop/stable');
      const good = lastGood(channel, healthyAfter, at);
      const later = passedOver(channel, healthyAfter, at);
      seen.left += knownVersions(channel).some((each) => leftByRollback(channel!, each)) ? 1 : 0;
      seen.passedOver += later === undefined ? 0 : 1;
      expect(later === undefined || isHearsay(channel, later), 'nothing else is passed over').toBe(true);
      if (good === undefined) continue;
      seen.proposed += 1;
      expect(leftByRollback(channel, good), 'one judgement').toBeUndefined();
      expect(cautionAbout(channel, good, at) ?? '').not.toContain('was rolled back');
      if (!isHearsay(channel, good)) continue;
      seen.hearsay += 1;
      expect(cautionAbout(channel, good, at)).toContain('only from a report of the token relbot');
      const better = channel.periods.filter(
        (period) =>
          period.version !== livePeriod(channel!)?.version &&
          isGood(period, healthyAfter, at) &&
          !leftByRollback(channel!, period.version) &&
          !isHearsay(channel!, period.version),
      );
      expect(better, 'hearsay comes last').toEqual([]);
    }
  });
  assert(holds, { numRuns: 1_000 });
  expect(Math.min(...Object.values(seen)), 'the histories are worth telling').toBeGreaterThan(20);
});

/** As many moves as are kept, and more: what was left for a reason is not forgotten sooner than the version itself. */
it('a rollback is remembered for as long as the version that it left', () => {
  const moved = (cause: MoveCause, to: string, from: string | undefined): ChannelEvent => ({
    type: 'channel.moved',
    cause,
    to,
    from,
    reason: 'a release',
    actor: 'Ana Ruiz',
    operation: undefined,
    verified: true,
    since: undefined,
  });
  let channel: Channel | undefined;
  const happen = (event: ChannelEvent, at: number): Channel =>
    evolveChannel(channel, { ...event, seq: 1, at: start + at, by: lastgood }, 'channel:shop/stable');
  channel = happen(moved('set', '1.0.0', undefined), 0);
  channel = happen(moved('set', '2.0.0', '1.0.0'), 1);
  channel = happen(moved('rollback', '1.0.0', '2.0.0'), 2);
  for (let n = 0; n < 400; n += 1)
    channel = happen(moved('set', `3.0.${n % 2}`, `3.0.${(n + 1) % 2}`), 3 + n);
  expect(knownVersions(channel)).toContain('2.0.0');
  expect(cautionAbout(channel, '2.0.0', start)).toContain('2.0.0 was rolled back from');
  expect(channel.moves.length).toBeLessThanOrEqual(301);
});
