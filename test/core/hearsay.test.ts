import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import { lastGood } from '../../src/core/channel/last-good.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { ana, ben, given, hour, minute, policies, start } from '../support/given.ts';

const relbot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };
const github: Actor = { kind: 'source', name: 'github' };
const [shop] = Object.values(policies.channels.apps);
if (!shop) throw new Error('policies/channels.yml has no app any more');
const trusting: Policies = {
  ...policies,
  channels: { apps: { shop: { ...shop, trusted_reporters: ['relbot'] } } },
};

const set = (version: string): ChannelIntent => ({ type: 'channel.set', version, reason: 'released' });
function deployed(version: string, at?: number): ChannelIntent {
  return { type: 'deployment.report', version, ...(at === undefined ? {} : { at: start + at }) };
}
function rollBack(to: string): ChannelIntent {
  return { type: 'rollback.request', target: to === 'last-good' ? to : { version: to }, reason: 'it fails' };
}

/** 1.4.2 was live for an hour, and 1.5.0 is; a person said so. */
const live = given(channelKind).when(set('1.4.2'), { by: ana }).when(set('1.5.0'), { at: hour, by: ana });
type Example = typeof live;
const good = (example: Example, at: number) => lastGood(example.state, 30 * minute, start + at);
/** What the plan of a rollback warns of. */
function cautionOf(example: Example, target: string, at: number): string | undefined {
  const { tells } = example.when(rollBack(target), { at, by: ana });
  const plan = tells.flatMap(({ intent }) => (intent.type === 'operation.open' ? [intent.plan] : []))[0];
  if (plan?.kind !== 'rollback') throw new Error('it was not planned');
  return plan.caution;
}
const planted = live
  .when(deployed('9.9.9'), { at: 2 * hour, by: relbot })
  .when(deployed('1.5.0'), { at: 3 * hour, by: relbot });

describe('a version that only the report of a token tells of', () => {
  it('is recorded as live, and is not the last good one while another was', () => {
    live
      .when(deployed('9.9.9'), { at: 2 * hour, by: relbot })
      .leadsTo({ events: [{ type: 'channel.moved', to: '9.9.9', cause: 'deploy', toldBy: 'relbot' }] });
    expect(good(planted, 4 * hour)).toBe('1.4.2');
  });

  it('is passed over, and the plan says so', () => {
    expect(cautionOf(planted, 'last-good', 4 * hour)).toBe(
      '9.9.9 is known on shop/stable only from a report of the token relbot at 05:00 UTC, so it is passed over',
    );
  });

  it('may be gone to by whoever wants that, and the plan says what it is', () => {
    expect(cautionOf(planted, '9.9.9', 4 * hour)).toBe(
      '9.9.9 is known on shop/stable only from a report of the token relbot at 05:00 UTC',
    );
  });

  it('counts no more when such a token sets it by hand, or takes its side', () => {
    const ci: Actor = { kind: 'token', name: 'ci', roles: ['responder'], via: 'api' };
    const byHand = live
      .when(set('9.9.9'), { at: 2 * hour, by: ci })
      .leadsTo({ events: [{ type: 'channel.moved', to: '9.9.9', cause: 'set', toldBy: 'ci' }] })
      .when(set('1.5.0'), { at: 3 * hour, by: ana });
    expect(good(byHand, 4 * hour)).toBe('1.4.2');
    byHand
      .when(set('1.5.0'), { at: 4 * hour, by: ci })
      .leadsTo({ events: [{ type: 'request.refused', code: 'version-live' }] });
    live
      .when({ type: 'registry.compare', found: '9.9.9' }, { at: 2 * hour })
      .when({ type: 'drift.take', drift: 3, side: 'theirs' }, { at: 2 * hour, by: ci })
      .leadsTo({ events: [{ type: 'drift.settled' }, { type: 'channel.moved', to: '9.9.9', toldBy: 'ci' }] });
  });

  it('may be one that was good long ago: the plan says by whose word alone it came back', () => {
    const back = given(channelKind)
      .when(set('1.3.0'), { at: -hour, by: ana })
      .when(set('1.4.2'), { by: ana })
      .when(set('1.5.0'), { at: hour, by: ana })
      .when(deployed('1.3.0'), { at: 2 * hour, by: relbot })
      .when(deployed('1.5.0'), { at: 3 * hour, by: relbot });
    expect(good(back, 4 * hour)).toBe('1.3.0');
    expect(cautionOf(back, 'last-good', 4 * hour)).toBe(
      '1.3.0 came back to shop/stable at 05:00 UTC by the word of the token relbot alone',
    );
  });

  it('is the last good one when no other was: many teams have nothing but such reports', () => {
    const first = given(channelKind).when(deployed('1.4.2'), { by: relbot });
    const told = first.when(deployed('1.5.0'), { at: hour, by: relbot });
    expect(good(told, 2 * hour)).toBe('1.4.2');
    expect(cautionOf(told, 'last-good', 2 * hour)).toContain('only from a report of the token relbot');
  });

  it('has been well since it was told, and not since when the report says that it began', () => {
    const backdated = given(channelKind)
      .when(deployed('1.4.2'), { by: relbot })
      .when(deployed('9.9.9', 2 * hour), { at: 10 * hour, by: relbot })
      .when(deployed('1.5.0'), { at: 10 * hour + minute, by: relbot });
    expect(good(backdated, 11 * hour)).toBe('1.4.2');
  });

  it('takes no more than a few minutes from the time of the one before', () => {
    const cut = given(channelKind)
      .when(deployed('1.4.1'), { by: github })
      .when(deployed('1.4.2'), { at: hour, by: github })
      .when(deployed('9.9.9', hour + 1), { at: 2 * hour, by: relbot });
    expect(cut.state.periods.at(-1)).toMatchObject({ from: start + 1.75 * hour });
    expect(good(cut, 3 * hour)).toBe('1.4.2');
  });
});

describe('the word for a version is good enough', () => {
  it.each<readonly [string, Actor, Policies]>([
    ['of a person', { ...ana, via: 'api' } as Actor, policies],
    ['of GitHub, which signs', github, policies],
    ['of a token that the policy names', relbot, trusting],
  ])('%s', (_whose, by, current) => {
    const told = live
      .when(deployed('1.6.0', 1.5 * hour), { at: 2 * hour, by, policies: current })
      .when(deployed('1.7.0'), { at: 3 * hour, by, policies: current });
    expect(good(told, 4 * hour)).toBe('1.6.0');
    expect(cautionOf(told, 'last-good', 4 * hour)).toBeUndefined();
    expect(told.state.periods.at(-2)).toMatchObject({ version: '1.6.0', from: start + 1.5 * hour });
  });

  it.each<readonly [string, (example: Example) => Example]>([
    ['a person says it again', (example) => example.when(set('9.9.9'), { at: 2.6 * hour, by: ben })],
    ['GitHub says it, too', (example) => example.when(deployed('9.9.9'), { at: 2.6 * hour, by: github })],
  ])('when %s', (_how, confirm) => {
    const told = live.when(deployed('9.9.9'), { at: 2 * hour, by: relbot });
    const after = confirm(told).when(deployed('1.7.0'), { at: 3 * hour, by: github });
    expect(good(after, 4 * hour)).toBe('9.9.9');
    expect(cautionOf(after, 'last-good', 4 * hour)).toBeUndefined();
  });

  it('also when GitHub says that it was deployed a moment before the token did', () => {
    const told = live.when(deployed('9.9.9'), { at: 2 * hour, by: relbot });
    const github2 = told.when(deployed('9.9.9', 2 * hour - 5_000), { at: 2 * hour + minute, by: github });
    expect(github2.state.periods.at(-1)).toMatchObject({ version: '9.9.9', from: start + 2 * hour });
    expect(github2.state.periods.at(-1)).not.toHaveProperty('toldBy');
    // But not by what was deployed before the version that the token says it has replaced.
    told.when(deployed('9.9.9', hour - 1), { at: 2 * hour + minute, by: github }).leadsTo({ events: [] });
  });

  it('and that is no drift while a rollback waits for its approval', () => {
    live
      .when(deployed('9.9.9'), { at: 2 * hour, by: relbot })
      .when(rollBack('1.5.0'), { at: 2 * hour + minute, by: ana })
      .when(deployed('9.9.9'), { at: 2 * hour + 2 * minute, by: github })
      .leadsTo({ events: [] });
  });

  it('and what is certain already is said once', () => {
    live
      .when(set('1.5.0'), { at: 2 * hour, by: ben })
      .leadsTo({ events: [{ type: 'request.refused', code: 'version-live' }] });
    live.when(deployed('1.5.0'), { at: 2 * hour, by: github }).leadsTo({ events: [] });
  });
});
