import { describe, expect, it } from 'vitest';
import type { Effect, EffectOf } from '../../src/core/effect.ts';
import type { PagerdutyReport } from '../../src/core/incident/pagerduty.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { pagerdutyActor } from '../../src/trust/pagerduty-identity.ts';
import { opened } from '../support/alerts.ts';
import { ana, ben, dana, minute, policies, start } from '../support/given.ts';

const { services } = policies.services;
const byName: Policies = {
  ...policies,
  services: {
    ...policies.services,
    services: { ...services, checkout: { ...services['checkout']!, pagerduty: 'PSHOP' } },
  },
};
const tick = { type: 'clock.tick', down: undefined } as const;
const first = 'lastgood/k3x9w2/INC-1/rung-1.1';

const pages = (effects: readonly Effect[]) =>
  effects.filter((effect): effect is EffectOf<'page.pagerduty'> => effect.type === 'page.pagerduty');
/** `rung-1.1: PANA` */
const calls = (effects: readonly Effect[]) =>
  pages(effects).map(
    ({ dedupKey, named }) => `${dedupKey.split('/').at(-1)}: ${named?.users.join(', ') ?? '-'}`,
  );

function delivered(effects: readonly Effect[], receipt: Readonly<Record<string, string>>, note?: string) {
  const [effect] = pages(effects);
  if (!effect) throw new Error('nobody is paged by PagerDuty');
  const outcome = { status: 'done', receipt, ...(note === undefined ? {} : { note }) } as const;
  return { type: 'effect.settled', id: 'INC-1/4.0', effect, outcome } as const;
}

function report(did: PagerdutyReport['did'], id: string, key = first): PagerdutyReport {
  const user = { id, name: id };
  return { type: 'pagerduty.report', did, key, user, occurredAt: undefined, beganAt: start, assignees: [] };
}

describe('a service with a pagerduty id', () => {
  const rung1 = opened('P0', byName);
  const rung2 = rung1.when(tick, { at: 5 * minute, policies: byName });

  it('has Ana called by rung 1 and Ben by rung 2, by one incident there', () => {
    expect(pages(rung1.effects)).toMatchObject([
      { action: 'trigger', dedupKey: first, named: { service: 'PSHOP', users: ['PANA'] } },
    ]);
    expect(pages(rung2.effects)).toMatchObject([
      { action: 'trigger', dedupKey: first, named: { service: 'PSHOP', users: ['PBEN'] } },
    ]);
  });

  it('calls each of several people on a rung', () => {
    const both: Policies = {
      ...byName,
      roster: {
        ...policies.roster,
        rotations: {
          checkout: { ...policies.roster.rotations['checkout'], primary: { people: ['ana', 'ben'] } },
        },
      },
    };
    expect(calls(opened('P0', both).effects)).toEqual(['rung-1.1: PANA', 'rung-1.1: PBEN']);
  });

  it('gives whoever was called already a new one, which rings again', () => {
    const again = [15, 20, 25].reduce(
      (climbing, at) => climbing.when(tick, { at: at * minute, policies: byName }),
      rung2.when(tick, { at: 10 * minute, policies: byName }),
    );
    expect(calls(again.effects)).toEqual(['rung-1.2: PBEN']);
    const raised = opened('P1', byName).when(
      { type: 'incident.set-severity', severity: 'P0', reason: 'worse' },
      { at: minute, by: dana, policies: byName },
    );
    expect(calls(raised.effects)).toEqual(['rung-1.1-2: PANA']);
  });

  it('opens a new one after an acknowledgement, and when somebody unknown has silenced the last', () => {
    const taken = rung1.when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    const gone = taken.when(tick, { at: 16 * minute, policies: byName });
    expect(calls(gone.effects)).toEqual(['rung-2.1: PBEN']);
    const silenced = rung1.when(report('acknowledged', 'PMAEVE'), {
      at: minute,
      by: pagerdutyActor('PMAEVE', policies.roster),
    });
    const next = silenced.when(tick, { at: 5 * minute, policies: byName });
    expect(calls(next.effects)).toEqual(['rung-2.1: PBEN']);
  });
});

describe('what it has called by name', () => {
  const paged = opened('P0', byName);
  const page = { incident: 'Q1ABC', as: 'PBOT' };

  it('is acknowledged and resolved there, with the events that may have gone out instead', () => {
    const early = paged.when({ type: 'incident.acknowledge' }, { by: ben });
    expect(pages(early.effects)).toMatchObject([
      { action: 'acknowledge', dedupKey: first, named: { service: 'PSHOP', users: ['PANA'] } },
    ]);
    const known = paged.when(delivered(paged.effects, page));
    const taken = known.when({ type: 'incident.acknowledge' }, { by: ben });
    expect(pages(taken.effects)).toMatchObject([{ action: 'acknowledge', named: { users: [] } }]);
    const over = taken.when({ type: 'incident.resolve', reason: '' }, { by: ben });
    expect(pages(over.effects)).toMatchObject([{ action: 'resolve', dedupKey: first }]);
  });

  it('does not forget an event that may have gone out before PagerDuty took the name after all', () => {
    const unsure = paged.when(delivered(paged.effects, { ...page, perhaps_event: `${first}/PANA` }));
    const taken = unsure.when({ type: 'incident.acknowledge' }, { by: ben });
    expect(pages(taken.effects)).toMatchObject([{ named: { users: ['PANA'] } }]);
  });

  it('is said aloud when PagerDuty chose somebody itself', () => {
    const note =
      'PagerDuty could not be told whom to call (it answered 503). Its own escalation policy chooses.';
    const told = paged.when(delivered(paged.effects, { dedup_key: `${first}/PANA` }, note));
    told.leadsTo({
      events: [{ type: 'page.delivered', note }],
      effects: [
        'slack.card',
        {
          type: 'slack.thread',
          broadcast: true,
          text: expect.stringMatching(/^Page to Ana Ruiz .*whom to call/) as string,
        },
      ],
    });
    expect(pages(told.when({ type: 'incident.acknowledge' }, { by: ben }).effects)).toMatchObject([
      { named: { users: ['PANA'] } },
    ]);
  });
});

describe('the account in whose name Lastgood acts there', () => {
  const paged = opened('P0', byName);
  const known = paged.when(delivered(paged.effects, { incident: 'Q1ABC', as: 'PBEN' }));
  const benThere = pagerdutyActor('PBEN', policies.roster);

  it('takes nothing from whoever has it: that was Lastgood', () => {
    const anas = known.when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    const echo = { at: 2 * minute, by: benThere };
    anas.when(report('acknowledged', 'PBEN'), echo).leadsTo({ events: [] });
    anas.when(report('resolved', 'PBEN'), echo).leadsTo({ events: [] });
    known.when(report('reassigned', 'PBEN'), echo).leadsTo({ events: [] });
  });

  it('is known also where an event may have gone out besides', () => {
    const receipt = { incident: 'Q1ABC', as: 'PBOT', perhaps_event: `${first}/PANA` };
    const unsure = paged.when(delivered(paged.effects, receipt));
    const anas = unsure.when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    const echo = { at: 2 * minute, by: pagerdutyActor('PBOT', policies.roster) };
    anas.when(report('acknowledged', 'PBOT'), echo).leadsTo({ events: [] });
  });

  it('may be the one of a person, who answers a page like anybody else', () => {
    known
      .when(report('acknowledged', 'PBEN'), { at: minute, by: benThere })
      .leadsTo({ events: [{ type: 'incident.acknowledged', name: 'Ben Okafor' }] });
  });

  it('knows the keys of its events, too', () => {
    known
      .when(report('acknowledged', 'PDANA', `${first}/PANA`), {
        at: minute,
        by: pagerdutyActor('PDANA', policies.roster),
      })
      .leadsTo({ events: [{ type: 'incident.acknowledged', name: 'Dana Levi' }] });
  });
});
