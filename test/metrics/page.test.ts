import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { people } from '../../src/sandbox/cast.ts';
import { promtool, withoutPromtool } from '../support/promtool.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const minute = 60_000;
const { ana, ben } = people;
const folder = new URL('../../examples/monitoring/', import.meta.url);

/** What somebody may call things who wants a number of their own, or to break a line. */
const hostile = [
  'hostile"} 1\nlastgood_frozen 1\n#',
  'hostile{le="60"}',
  'hostile-\u202e-\\n',
  'hostile'.repeat(40),
];

let world: StillWorld;
let text: string;
beforeAll(async () => {
  world = await stillWorld();
  const { type, operation, deliver, pass } = world;
  for (const title of hostile) {
    const alert = { key: title, title, summary: title, service: title, channel: title, version: title };
    await deliver('generic', { ...alert, severity: title, labels: { [title]: title } });
  }
  await deliver('generic', { key: 'a', title: 'a', service: 'checkout', severity: 'P0' });
  await deliver('generic', ['no', 'alert']);
  await world.settle();
  const forged = { method: 'POST', body: '{}', headers: { authorization: 'Bearer hostile' } };
  await fetch(`${world.bot().url}/webhooks/generic`, forged);
  await fetch(`${world.bot().url}/webhooks/generic`, { ...forged, body: 'x'.repeat(2_000_000) }).catch(
    () => 0,
  );
  await fetch(`${world.bot().url}/webhooks/hostile`, forged);
  await type(ana.id, '/rollback stable 1.4.2 hostile reason');
  const { hash } = await operation('OP-1');
  await type(ana.id, `/operation approve OP-1 ${hash}`);
  await type(ben.id, `/operation approve OP-1 ${hash}`);
  await pass(5 * minute);
  text = await scrape();
});
afterAll(() => world.close());

async function scrape(): Promise<string> {
  const response = await fetch(`${world.bot().url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

function value(sample: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1));
}

describe('GET /metrics', () => {
  it('says what came in, and what became of it', () => {
    const from = (result: string): number =>
      value(`lastgood_received_total{source="generic",result="${result}"}`);
    expect(from('accepted')).toBe(hostile.length + 2);
    expect(from('unauthentic')).toBe(1);
    expect(from('too-large')).toBe(1);
    expect(value('lastgood_quarantined_total{source="generic"}')).toBeGreaterThan(0);
    expect(value('lastgood_received_total{source="slack",result="accepted"}')).toBeGreaterThan(2);
  });

  it('says how pages went, and how things stand', () => {
    expect(value('lastgood_page_seconds_count{pager="pagerduty",severity="P0"}')).toBeGreaterThan(0);
    expect(value('lastgood_incidents_open{severity="P0"}')).toBeGreaterThan(0);
    expect(value('lastgood_wakes_overdue')).toBe(0);
    expect(value('lastgood_frozen')).toBe(0);
    expect(value('lastgood_ready')).toBe(1);
    expect(value('lastgood_store_up')).toBe(1);
    expect(value('lastgood_store_seconds_count{work="transact"}')).toBeGreaterThan(10);
  });

  it('says what people asked for, allowed and were refused', () => {
    expect(value('lastgood_approvals_total{result="given"}')).toBe(1);
    expect(value('lastgood_approvals_total{result="refused"}')).toBe(1);
    expect(value('lastgood_refusals_total{code="self-approval"}')).toBe(1);
    expect(value('lastgood_operations_total{kind="rollback",outcome="done"}')).toBe(1);
  });

  it('names nobody and nothing that came from outside', () => {
    expect(text).not.toContain('hostile');
    const values = [...text.matchAll(/="((?:[^"\\\n]|\\.)*)"/g)].map(([, each = '']) => each);
    expect(values.length).toBeGreaterThan(100);
    const names = [...Object.keys(people), 'checkout', 'stable', 'shop', 'INC', 'OP', 'k3x9w2'];
    const told = values.filter((each) => names.some((name) => each.split(/\W/).includes(name)));
    expect(told).toEqual([]);
  });

  it.skipIf(withoutPromtool !== undefined)('is as Prometheus wants it', async () => {
    expect(await promtool(['check', 'metrics'], { input: text })).toEqual({ code: 0, said: '' });
  });
});

const dashboardShape = z.object({
  schemaVersion: z.literal(38),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
});

describe('Rules and dashboard', async () => {
  const dashboard = dashboardShape.parse(
    JSON.parse(await readFile(new URL('lastgood.dashboard.json', folder), 'utf8')),
  );
  const shown = dashboard.panels
    .flatMap(({ targets }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '5m'));
  const rules = parse(await readFile(new URL('lastgood.rules.yml', folder), 'utf8')) as {
    groups: { rules: { expr: string }[] }[];
  };
  const asked = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr));

  it('ask for nothing that /metrics does not have', () => {
    const told = new Set(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type = '']) => [
        name,
        ...(type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => `${name}${end}`) : []),
      ]),
    );
    const names = [...asked, ...shown].flatMap(
      (expr) => expr.match(/\b(?:lastgood|nodejs|process)_\w+/g) ?? [],
    );
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !told.has(name))).toEqual([]);
  });

  it('show everything that Lastgood tells of itself', () => {
    const told = [...text.matchAll(/^# TYPE (lastgood_\w+)/gm)].map(([, name = '']) => name);
    const missing = told.filter((name) => ![...asked, ...shown].some((expr) => expr.includes(name)));
    expect(missing).toEqual([]);
  });

  it.skipIf(withoutPromtool !== undefined)('the dashboard asks in PromQL', async () => {
    const place = await mkdtemp(join(tmpdir(), 'lastgood-dashboard-'));
    const file = join(place, 'rules.yml');
    const record = shown.map((expr, n) => ({ record: `shown:${n}`, expr }));
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: record }] }));
    const { said } = await promtool(['check', 'rules', file]);
    await rm(place, { recursive: true });
    expect(said).toContain(`SUCCESS: ${shown.length} rules found`);
  });

  it('the dashboard has its panels side by side, each with a number of its own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});
