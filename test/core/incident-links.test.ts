import { describe, expect, it } from 'vitest';
import { describeIncidentEvent } from '../../src/core/incident/describe.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { linksOf, linksOfEvent } from '../../src/core/incident/links.ts';
import type { Alert } from '../../src/core/source.ts';
import { firing, receive, suspect } from '../support/alerts.ts';
import { given, policies } from '../support/given.ts';

const grafana = { kind: 'source', name: 'grafana' } as const;
const url = 'https://grafana.example/alert/1';
const runbook = 'https://wiki.example/5xx';
const dashboard = 'https://grafana.example/d/1';

function alert(fingerprint: string, said: Partial<Alert>) {
  const fired = firing(fingerprint, 'P1');
  return { ...fired, alert: { ...fired.alert, ...said } };
}

function open(...alerts: ReturnType<typeof alert>[]) {
  return given(incidentKind).when(receive(...alerts), { by: grafana });
}

describe('an incident leads to', () => {
  it('its alert, what to do, and its dashboard', () => {
    expect(linksOf(open(alert('5xx', { url, runbook, dashboard })).state)).toEqual([
      { label: 'Alert in Grafana', url },
      { label: 'Runbook', url: runbook },
      { label: 'Dashboard', url: dashboard },
    ]);
  });

  it('several alerts by their titles, to each page once, and to no more than four', () => {
    const other = `${url}2`;
    const { state } = open(
      alert('5xx', { url, runbook, dashboard }),
      alert('slow', { url: other, runbook, dashboard }),
      alert('dead', { url: `${url}3` }),
    );
    expect(linksOf(state)).toEqual([
      { label: '5xx fails in Grafana', url },
      { label: 'Runbook of 5xx fails', url: runbook },
      { label: 'Dashboard of 5xx fails', url: dashboard },
      { label: 'slow fails in Grafana', url: other },
    ]);
  });

  it('so many pages, also in a storm, without looking at all of it', () => {
    const { state } = open(alert('5xx', {}));
    let looked = 0;
    const storm = Array.from({ length: 1_000 }, (_, n) => [
      `alert-${n}`,
      Object.defineProperty({ ...state.firing['5xx'] }, 'url', { get: () => `${url}${(looked += 1)}` }),
    ]);
    expect(linksOf({ ...state, firing: Object.fromEntries(storm) })).toHaveLength(4);
    expect(looked).toBeLessThan(10);
  });

  it('nothing, where nobody said any', () => {
    expect(linksOf(open(alert('5xx', {})).state)).toEqual([]);
  });

  describe('the runbook of its service', () => {
    const { checkout } = policies.services.services;
    if (!checkout) throw new Error('the shop has a checkout');
    const changed = {
      ...policies,
      services: { ...policies.services, services: { checkout: { ...checkout, runbook: `${runbook}/all` } } },
    };
    const opened = (said: Partial<Alert>) =>
      given(incidentKind).when(receive(alert('5xx', said)), { by: grafana, policies: changed }).state;

    it('where no alert names one', () => {
      expect(linksOf(opened({ url }))).toEqual([
        { label: 'Alert in Grafana', url },
        { label: 'Runbook', url: `${runbook}/all` },
      ]);
    });

    it('and to no other where one does', () => {
      expect(linksOf(opened({ runbook }))).toEqual([{ label: 'Runbook', url: runbook }]);
    });
  });

  it('the same pages from its timeline, also when they do not fire any more', () => {
    const { events } = open(alert('5xx', { url }));
    expect(events.flatMap(linksOfEvent)).toEqual([{ label: 'Alert in Grafana', url }]);
  });
});

describe('whoever is called reads', () => {
  const called = open(alert('5xx', { url, runbook })).when({ type: 'incident.name-suspect', suspect });
  const mail = called.effects.find((effect) => effect.type === 'page.mail');
  const pagerduty = called.effects.find((effect) => effect.type === 'page.pagerduty');

  it('in the mail what is live and for how long, where to look, and what to type', () => {
    expect(mail?.text).toBe(
      [
        'P1 on Checkout (shop/stable), open since 2026-11-22 03:00 UTC.',
        '',
        '- 5xx fails',
        '',
        'Live: 1.5.0, for 20m (since 2026-11-22 02:40 UTC).',
        'Last good: 1.4.2.',
        '',
        `Alert in Grafana: ${url}`,
        `Runbook: ${runbook}`,
        '',
        'You are called by rung 1 of 3. In Slack: /incident ack INC-1',
        'To go back: /rollback stable 1.4.2 <reason>',
      ].join('\n'),
    );
  });

  it('the same in PagerDuty', () => {
    expect(pagerduty).toMatchObject({
      details: {
        channel: 'shop/stable',
        live: '1.5.0, for 20m',
        last_good: '1.4.2',
        to_take_it: '/incident ack INC-1',
        to_go_back: '/rollback stable 1.4.2 <reason>',
      },
      links: [
        { label: 'Alert in Grafana', url },
        { label: 'Runbook', url: runbook },
      ],
    });
  });

  it('the whole name of a channel that several apps have', () => {
    const { shop } = policies.channels.apps;
    if (!shop) throw new Error('there is a shop');
    const two = { ...policies, channels: { ...policies.channels, apps: { shop, site: shop } } };
    const { effects } = open(alert('5xx', {})).when(
      { type: 'incident.name-suspect', suspect },
      { policies: two },
    );
    expect(effects.find((effect) => effect.type === 'page.mail')?.text).toContain(
      'To go back: /rollback shop/stable 1.4.2 <reason>',
    );
  });

  it('nothing to type where nothing good is known', () => {
    const unknown = { ...suspect, lastGood: undefined };
    const { effects } = open(alert('5xx', {})).when({ type: 'incident.name-suspect', suspect: unknown });
    const text = effects.find((effect) => effect.type === 'page.mail')?.text;
    expect(text).toContain('No earlier good release is known.');
    expect(text).not.toContain('/rollback');
    const page = effects.find((effect) => effect.type === 'page.pagerduty');
    expect(page?.details).toMatchObject({ live: '1.5.0, for 20m', last_good: 'none is known' });
    expect(page?.details).not.toHaveProperty('to_go_back');
  });
});

describe('a severity that the policy does not know', () => {
  function saying(fingerprint: string, word: string) {
    const fired = firing(fingerprint, 'P2');
    return { ...fired, route: { ...fired.route, unknownSeverity: word } };
  }
  const opened = given(incidentKind).when(receive(saying('5xx', 'P9')), { by: grafana });

  it('is said in the timeline and kept for the card', () => {
    opened.leadsTo({
      events: ['incident.opened', 'alert.fired', { type: 'severity.unknown', word: 'P9', takenAs: 'P2' }],
    });
    const [, , said] = opened.events;
    expect(said && describeIncidentEvent(said)).toBe(
      'Severity “P9” is not known here, taken as P2; map it in policies/severity.yml.',
    );
    expect(opened.state.unknownSeverities).toEqual([{ word: 'P9', takenAs: 'P2' }]);
    expect(opened.effects).toContainEqual(
      expect.objectContaining({ type: 'slack.thread', text: expect.stringContaining('“P9”') }),
    );
  });

  it('is said once an incident, and each word', () => {
    opened
      .when(receive(saying('slow', 'P9'), saying('dead', 'urgent'), saying('gone', 'urgent')), {
        by: grafana,
      })
      .leadsTo({
        events: [
          'alert.fired',
          'alert.fired',
          'alert.fired',
          { type: 'severity.unknown', word: 'urgent' },
          'rung.fired',
        ],
      });
  });

  it('fills no incident, however many words a sender makes up', () => {
    const words = Array.from({ length: 20 }, (_, n) => saying(`a${n}`, `word ${n} ${'x'.repeat(400)}`));
    const { state } = opened.when(receive(...words), { by: grafana });
    expect(state.unknownSeverities).toHaveLength(5);
    expect(state.unknownSeverities?.[1]?.word).toHaveLength(40);
  });
});
