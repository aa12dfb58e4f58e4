import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { routeAlert } from '../../src/core/incident/route-alert.ts';
import { generic, genericAlert } from '../../src/sources/generic.ts';
import { policies } from '../support/given.ts';

const page = readFileSync('docs/generic-alerts.md', 'utf8');
const readme = readFileSync('README.md', 'utf8');

/** The JSON between single quotes after curl's `-d`. */
function bodiesIn(text: string): readonly string[] {
  return [...text.matchAll(/webhooks\/generic[\s\S]*?-d '([^']+)'/g)].map(([, body = '']) => body);
}

describe('docs/generic-alerts.md', () => {
  const [body = ''] = bodiesIn(page);
  const [alert] = generic.parse(Buffer.from(body));

  it('has an example that says everything, and is understood whole', () => {
    const said = JSON.parse(body) as Readonly<Record<string, unknown>>;
    expect(Object.keys(said)).toEqual(Object.keys(genericAlert.shape));
    expect(alert).toEqual({
      fingerprint: 'generic:checkout-5xx',
      place: expect.any(String) as string,
      status: 'firing',
      title: said['title'],
      summary: said['summary'],
      service: 'checkout',
      channel: 'stable',
      version: '1.5.0',
      severity: 'P1',
      startsAt: Date.parse('2026-11-22T03:00:00Z'),
      labels: { region: 'eu' },
      url: said['url'],
      dashboard: said['dashboard_url'],
      runbook: said['runbook_url'],
    });
  });

  it('and goes where it says', () => {
    expect(alert && routeAlert(alert, policies)).toMatchObject({
      service: 'checkout',
      channel: 'stable',
      severity: 'P1',
      note: undefined,
    });
  });

  it('explains every field that there is, in their order, and no other', () => {
    const explained = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, field]) => field);
    expect(explained).toEqual(Object.keys(genericAlert.shape));
  });
});

describe('README.md', () => {
  it('has an example, too, that is understood', () => {
    const [body = '', ...others] = bodiesIn(readme);
    expect(others).toEqual([]);
    expect(generic.parse(Buffer.from(body))).toMatchObject([{ service: 'checkout', severity: 'P1' }]);
  });

  it('leads to the page', () => {
    expect(readme).toContain('](docs/generic-alerts.md)');
    expect(existsSync('docs/generic-alerts.md')).toBe(true);
  });
});
