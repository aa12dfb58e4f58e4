import { z } from 'zod';
import {
  MalformedBody,
  type Alert,
  type AlertSource,
  type Ignored,
  type KeptHeaders,
} from '../core/source.ts';
import { readJson } from './json-body.ts';
import { versionOfRelease } from './release-name.ts';
import { cleanLabels, cleanText, cleanUrl, fingerprintOf, limits, readTime } from './untrusted.ts';

/** Sentry sends null for what an event does not have. */
const words = z
  .string()
  .nullish()
  .transform((text) => text?.trim() || undefined);

/** Pairs of texts. What is none is left out: nobody should miss an alert for a tag. */
const tags = z
  .array(z.unknown())
  .catch([])
  .transform((all) =>
    all.flatMap((one): readonly (readonly [string, string])[] => {
      const pair = z.tuple([z.string(), z.string()]).safeParse(one);
      return pair.success ? [pair.data] : [];
    }),
  );

const event = z.object({
  issue_id: z.union([z.string().min(1), z.number()]).transform(String),
  title: words,
  culprit: words,
  level: words,
  environment: words,
  release: words,
  datetime: words,
  /** `https://sentry.io/api/0/projects/<organization>/<project>/events/<id>/`, for programs. */
  url: words,
  web_url: words,
  tags,
});

const issueAlert = z.object({
  action: z.string(),
  data: z.object({
    event,
    triggered_rule: words,
    issue_alert: z.object({ title: words }).nullish(),
  }),
});

const metricAlert = z.object({
  action: z.enum(['critical', 'warning', 'resolved']),
  data: z.object({
    description_text: words,
    web_url: words,
    metric_alert: z.object({
      /** One for each time that the rule goes over its threshold, until it is resolved. */
      id: z.union([z.string().min(1), z.number()]).transform(String),
      title: words,
      date_started: words,
      projects: z.array(z.string()).nullish(),
      alert_rule: z.object({ name: words, environment: words }),
    }),
  }),
});

const anything = z.looseObject({ action: z.string().optional() });

/**
 * Webhooks of a Sentry integration: issue alerts and metric alerts. An issue alert has no end of its own, since an issue
 * that is resolved in Sentry may happen still, until the next release or a commit is live; people resolve the incident.
 */
export const sentry = {
  name: 'sentry',
  parse: (body: Buffer, headers: KeptHeaders): readonly Alert[] | Ignored => {
    switch (headers['sentry-hook-resource']) {
      case 'event_alert':
        return [readIssueAlert(readJson(body, issueAlert))];
      case 'metric_alert':
        return [readMetricAlert(readJson(body, metricAlert))];
      case undefined:
        throw new MalformedBody('It has no Sentry-Hook-Resource header, which says what the body is.');
      default: {
        const { action = '' } = readJson(body, anything);
        const kind = cleanText(`${headers['sentry-hook-resource']} ${action}`, limits.label);
        return { ignored: `it is “${kind}”, and only issue alerts and metric alerts are alerts` };
      }
    }
  },
} satisfies AlertSource;

function readIssueAlert({ data }: z.infer<typeof issueAlert>): Alert {
  const { issue_id, title, culprit, level, release, datetime, url, web_url } = data.event;
  const rule = data.triggered_rule ?? data.issue_alert?.title;
  const tagged = new Map(data.event.tags);
  const environment = data.event.environment ?? tagged.get('environment');
  const version = versionOfRelease(release ?? tagged.get('release'));
  return {
    fingerprint: fingerprintOf('sentry', `issue-${issue_id}`),
    status: 'firing',
    title: cleanText(title ?? '', limits.title) || `Issue ${cleanText(issue_id, limits.label)}`,
    summary: cleanText(summaryOf(culprit, rule), limits.summary),
    labels: cleanLabels({
      ...labelsOf({ severity: level, project: projectIn(url), environment, rule }, tagged),
      // After what policies route by, so that no number of tags pushes that out.
      ...Object.fromEntries([...tagged].filter(([key]) => !routed.has(key))),
    }),
    ...(version === undefined ? {} : { version }),
    ...startOf(datetime),
    ...linkOf(web_url),
  };
}

function summaryOf(culprit: string | undefined, rule: string | undefined): string {
  if (rule === undefined) return culprit ?? '';
  return culprit === undefined ? `alert rule “${rule}”` : `${culprit} (alert rule “${rule}”)`;
}

function readMetricAlert({ action, data }: z.infer<typeof metricAlert>): Alert {
  const { id, title, date_started, projects, alert_rule } = data.metric_alert;
  const name = cleanText(alert_rule.name ?? title ?? '', limits.title);
  return {
    fingerprint: fingerprintOf('sentry', `metric-${id}`),
    status: action === 'resolved' ? 'resolved' : 'firing',
    title: name || `Metric alert ${cleanText(id, limits.label)}`,
    summary: cleanText(data.description_text ?? '', limits.summary),
    labels: cleanLabels(
      labelsOf({
        severity: action === 'resolved' ? undefined : action,
        project: projects?.[0],
        environment: alert_rule.environment,
        rule: alert_rule.name,
      }),
    ),
    ...startOf(date_started),
    ...linkOf(data.web_url),
  };
}

/** Labels that an event's own tags do not overrule: anybody who can send events could otherwise page anybody. */
const routed = new Set(['severity', 'project', 'environment', 'rule', 'channel']);

/** What policies route by. Sentry's environment is what others call the channel, unless a tag names that itself. */
function labelsOf(
  said: Readonly<Record<'severity' | 'project' | 'environment' | 'rule', string | undefined>>,
  tagged: ReadonlyMap<string, string> = new Map(),
): Readonly<Record<string, string>> {
  const labels = { ...said, channel: tagged.get('channel') ?? said.environment };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function projectIn(url: string | undefined): string | undefined {
  return /\/api\/0\/projects\/[^/]+\/([^/]+)\/events\//.exec(url ?? '')?.[1];
}

function startOf(text: string | undefined): Pick<Alert, 'startsAt'> {
  const at = readTime(text);
  return at === undefined ? {} : { startsAt: at };
}

function linkOf(text: string | undefined): Pick<Alert, 'url'> {
  const url = cleanUrl(text);
  return url === undefined ? {} : { url };
}
