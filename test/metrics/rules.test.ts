import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { promtool, withoutPromtool } from '../support/promtool.ts';
import { fires, well } from './nights.ts';

const folder = new URL('../../examples/monitoring/', import.meta.url);
const shape = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({
            severity: z.enum(['critical', 'warning']),
            page: z.literal('outside').optional(),
          }),
          annotations: z.strictObject({ summary: z.string(), todo: z.string() }),
        }),
      ),
    }),
  ),
});
const text = await readFile(new URL('lastgood.rules.yml', folder), 'utf8');
const rules = shape.parse(parse(text)).groups.flatMap((group) => group.rules);

/** What promtool compares to the letter, without the words, which are for people. */
async function withoutWords(): Promise<string> {
  const parsed = parse(text) as { groups: { rules: object[] }[] };
  for (const group of parsed.groups)
    group.rules = group.rules.map((rule) => ({ ...rule, annotations: undefined }));
  const place = await mkdtemp(join(tmpdir(), 'lastgood-rules-'));
  onTestFinished(() => rm(place, { recursive: true }));
  await writeFile(join(place, 'rules.yml'), JSON.stringify(parsed));
  return place;
}

type Series = Readonly<Record<string, string>>;
const inputs = (series: Series) => Object.entries(series).map(([name, values]) => ({ series: name, values }));

async function judge(tests: readonly object[], evaluation_interval = '1m'): Promise<string> {
  const place = await withoutWords();
  const file = join(place, 'test.yml');
  await writeFile(file, JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval, tests }));
  return (await promtool(['test', 'rules', file])).said;
}

describe.skipIf(withoutPromtool !== undefined)('The alert rules', () => {
  it('are rules, and what the example configuration names is there', async () => {
    const { code, said } = await promtool(['check', 'config', new URL('prometheus.yml', folder).pathname]);
    expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
    expect(code).toBe(0);
  });

  it('let everybody sleep through a day in which all is well', async () => {
    const times = ['20m', '26h'];
    const said = await judge(
      [
        {
          interval: '1m',
          input_series: inputs(well),
          alert_rule_test: times.flatMap((eval_time) =>
            rules.map(({ alert }) => ({ eval_time, alertname: alert, exp_alerts: [] })),
          ),
        },
      ],
      '10m',
    );
    expect(said).toContain('SUCCESS');
  });

  it('each have a night in which they fire', () => {
    expect(new Set(fires.map(({ alert }) => alert))).toEqual(new Set(rules.map(({ alert }) => alert)));
  });

  it.each(fires)('$alert fires: $when', async ({ alert, series, calmAt, firesAt, about }) => {
    const { labels } = rules.find((rule) => rule.alert === alert) ?? {};
    const said = await judge(
      [
        {
          interval: '1m',
          input_series: inputs(series),
          alert_rule_test: [
            { eval_time: calmAt, alertname: alert, exp_alerts: [] },
            { eval_time: firesAt, alertname: alert, exp_alerts: [{ exp_labels: { ...labels, ...about } }] },
          ],
        },
      ],
      firesAt.endsWith('h') ? '10m' : '1m',
    );
    expect(said).toContain('SUCCESS');
  });
});

describe('What to do about an alert', () => {
  it.each(rules)('$alert: what it points to is there', async ({ annotations }) => {
    for (const [, page = '', section = ''] of annotations.todo.matchAll(/(docs\/[\w-]+\.md)#([\w-]+)/g)) {
      const written = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8');
      const sections = [...written.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title));
      expect(sections).toContain(section);
    }
    expect(annotations.todo).toMatch(/docs\/|`lastgood /);
  });
});

/** As GitHub makes them of headings. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-');
}
