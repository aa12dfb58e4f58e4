import { describe, expect, it } from 'vitest';
import type { Settled } from '../../src/core/effect.ts';
import { describeIncidentEvent } from '../../src/core/incident/describe.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { firing, opened, receive, resolved } from '../support/alerts.ts';
import { alertmanager, ana, given, hour, minute } from '../support/given.ts';

type Story = ReturnType<typeof opened>;

const tick: IncidentIntent = { type: 'clock.tick', down: undefined };
const withheld: Settled = { status: 'withheld', why: 'all alerts had resolved in the meantime' };
const delivered: Settled = { status: 'done', receipt: {} };

const over = (story: Story, at: number) => story.when(receive(resolved('5xx')), { at, by: alertmanager });
const again = (story: Story, at: number) =>
  story.when(receive(firing('5xx', 'P1')), { at, by: alertmanager });

/** What became of the pages of the newest call, in their order. */
function settled(story: Story, outcomes: readonly Settled[]): Story {
  const call = story.log.findLast(({ type }) => type === 'rung.fired');
  const pages = story.state.lastCall?.pages ?? [];
  return outcomes.reduce((after, outcome, n) => {
    const [to = ''] = pages[n]?.to ?? [];
    const effect = { type: 'page.slack', person: 'ana', to, text: '', severity: 'P1' } as const;
    return after.when({ type: 'effect.settled', id: `INC-1/${call?.seq}.${n}`, effect, outcome });
  }, story);
}

const lost = settled(over(opened('P1'), minute), [withheld, withheld, withheld]);

describe('a call whose pages were all withheld, since it was over before they went out', () => {
  it('is made once more when it fires again, and gives all the time that it gave', () => {
    const back = again(lost, 2 * minute);
    back.leadsTo({
      events: ['alert.fired', { type: 'rung.fired', rung: 1, round: 1, again: true }],
      wakeAt: 17 * minute,
    });
    const [, called] = back.events;
    expect(called && describeIncidentEvent(called)).toMatch(
      /^Rung 1 of 3 again, since it reached nobody before all alerts were over: paging Ana Ruiz/,
    );
    back.when(tick, { at: 17 * minute }).leadsTo({ events: [{ type: 'rung.fired', rung: 2, round: 1 }] });
  });

  it('as often as that happens, but whoever is next waits for it only once', () => {
    const twice = settled(over(again(lost, 2 * minute), 3 * minute), [withheld, withheld, withheld]);
    again(twice, 8 * minute).leadsTo({
      events: ['alert.fired', { type: 'rung.fired', rung: 1, again: true }],
      wakeAt: 17 * minute,
    });
  });

  it('is the one of the last rung, where that got no further', () => {
    const second = settled(opened('P1'), [delivered, delivered]).when(tick, { at: 15 * minute });
    const flapped = settled(over(second, 16 * minute), [withheld, withheld, withheld]);
    again(flapped, 17 * minute).leadsTo({
      events: ['alert.fired', { type: 'rung.fired', rung: 2, round: 1, again: true }],
      wakeAt: 32 * minute,
    });
  });

  it('is not made again where one of them was delivered, whenever that is known', () => {
    for (const outcomes of [
      [withheld, delivered],
      [delivered, withheld],
    ]) {
      const half = settled(over(opened('P1'), minute), outcomes);
      again(half, 2 * minute).leadsTo({ events: ['alert.fired'], wakeAt: 15 * minute });
    }
  });

  it('is not made again while somebody has it, nor when they fall silent', () => {
    const held = lost.when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    const back = again(held, 2 * minute);
    back.leadsTo({ events: ['alert.fired'] });
    back.when(tick, { at: 31 * minute }).leadsTo({
      events: ['acknowledgement.expired', { type: 'rung.fired', rung: 2 }],
    });
  });

  it('is the first one of a new climb when all was over for long', () => {
    again(lost, 2 * hour).leadsTo({ events: ['alert.fired', { type: 'rung.fired', rung: 1 }] });
    expect(again(lost, 2 * hour).events[1]).not.toHaveProperty('again');
  });

  it('goes on where it was in an incident of an earlier version, which did not say why they were withheld', () => {
    const before = lost.log.map((event) => {
      if (event.type !== 'page.withheld') return event;
      const { cleared: _newer, ...then } = event;
      return then;
    });
    again(given(incidentKind, ...before), 2 * minute).leadsTo({
      events: ['alert.fired'],
      wakeAt: 15 * minute,
    });
  });
});
