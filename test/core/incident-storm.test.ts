import { expect, it } from 'vitest';
import { allFiring, firingAlert, firingCount } from '../../src/core/incident/firing.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { linksOf } from '../../src/core/incident/links.ts';
import type { Severity } from '../../src/core/severity.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { alertmanager, given, minute, second } from '../support/given.ts';

const by = { by: alertmanager };

function told(key: string, severity: Severity, summary: string) {
  const one = firing(key, severity, summary);
  return { ...one, alert: { ...one.alert, url: `https://am/${key}`, runbook: `https://runbooks/${key}` } };
}

const numbers = (length: number): readonly number[] => Array.from({ length }, (_, n) => n);

it('hundreds of alerts are each known, and it is clear when the last of them is over', () => {
  const keys = numbers(500).map((n) => `disk-${n}`);
  const storm = given(incidentKind).when(receive(...keys.map((key) => told(key, 'P2', 'full'))), by);
  expect(firingCount(storm.state)).toBe(500);
  expect(allFiring(storm.state).map(([key]) => key)).toHaveLength(500);
  expect(firingAlert(storm.state, 'disk-499')).toMatchObject({ title: 'disk-499 fails', severity: 'P2' });

  const again = storm.when(receive(...keys.map((key) => told(key, 'P2', 'full'))), by);
  expect(again.events.filter(({ type }) => type.startsWith('alert.'))).toEqual([]);

  const [last = '', ...others] = keys;
  const almost = again.when(receive(...others.map(resolved)), { ...by, at: minute });
  expect(firingCount(almost.state)).toBe(1);
  expect(almost.state.cleared).toBe(false);
  const over = almost.when(receive(resolved(last)), { ...by, at: 2 * minute });
  expect(firingCount(over.state)).toBe(0);
  expect(over.state.cleared).toBe(true);
});

it('what each says of its place is kept, of the first ones and of all others', () => {
  const all = numbers(30).map((n) => {
    const { alert, route } = told(`disk-${n}`, 'P2', 'full');
    return { alert: { ...alert, place: `rack-${n}` }, route };
  });
  const { state } = given(incidentKind).when(receive(...all, told('elsewhere', 'P2', 'full')), by);
  for (const n of [0, 29]) expect(firingAlert(state, `disk-${n}`)).toMatchObject({ place: `rack-${n}` });
  expect(firingAlert(state, 'elsewhere')).not.toHaveProperty('place');
});

it('whoever is called for what still fires afterwards reads what it says and where to look', () => {
  const noise = numbers(20).map((n) => told(`noise-${n}`, 'P2', `noise ${n}`));
  const after = given(incidentKind)
    .when(receive(...noise, told('payments', 'P2', 'Nobody can pay')), by)
    .when(receive(...numbers(20).map((n) => resolved(`noise-${n}`))), { ...by, at: minute })
    .when(receive(told('payments', 'P0', 'Nobody can pay at all')), { ...by, at: minute + second });

  expect(after.effects.find(({ type }) => type === 'page.mail')).toMatchObject({
    text: expect.stringContaining('Nobody can pay at all') as string,
  });
  expect(linksOf(after.state)).toMatchObject([
    { url: 'https://am/payments' },
    { url: 'https://runbooks/payments' },
  ]);
});

it('what makes it worse is kept whole in the middle of it', () => {
  const noise = numbers(50).map((n) => told(`noise-${n}`, 'P2', `noise ${n}`));
  const { state } = given(incidentKind)
    .when(receive(...noise), by)
    .when(receive(told('payments', 'P0', 'Nobody can pay')), { ...by, at: minute });
  expect(firingAlert(state, 'payments')).toMatchObject({
    summary: 'Nobody can pay',
    url: 'https://am/payments',
  });
  expect(firingAlert(state, 'noise-49')).toMatchObject({ summary: '' });
});
