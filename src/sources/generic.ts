import { z } from 'zod';
import { severities } from '../core/severity.ts';
import type { Alert, AlertSource } from '../core/source.ts';
import { parseVersion } from '../core/version.ts';
import { readJson } from './json-body.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { cleanLabels, cleanText, cleanUrl, fingerprintOf, limits, readTime } from './untrusted.ts';

/** A script that has nothing to say sends an empty text or null. */
const words = z
  .string()
  .nullish()
  .transform((text) => text?.trim() || undefined);

/** Its fields are explained in docs/generic-alerts.md. */
export const genericAlert = z.object({
  /** The same for the same trouble, each time it is sent. */
  key: z.string().min(1),
  status: z
    .enum(['firing', 'resolved', ''])
    .nullish()
    .transform((said) => said || 'firing'),
  title: words,
  summary: words,
  service: words,
  channel: words,
  version: words,
  /** P0 to P3; any other word counts as the label `severity`, for policy to judge. */
  severity: words,
  starts_at: words,
  labels: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .nullish()
    .transform((all) => all ?? {}),
  /** Where to look at the alert itself. */
  url: words,
  dashboard_url: words,
  runbook_url: words,
});

/** One alert from whatever can send JSON: a script, a cron job, a monitor that has no source of its own here. */
export const generic = {
  name: 'generic',
  parse: (body: Buffer) => [readAlert(readJson(body, genericAlert))],
} satisfies AlertSource;

function readAlert(said: z.infer<typeof genericAlert>): Alert {
  const severity = severities.find((known) => known === said.severity?.toUpperCase());
  const version = said.version === undefined ? undefined : parseVersion(said.version);
  // What cannot be read as what it should be is still shown, as a label.
  const unread = {
    ...(said.severity !== undefined && severity === undefined ? { severity: said.severity } : {}),
    ...(said.version !== undefined && version === undefined ? { version: said.version } : {}),
  };
  const startsAt = readTime(said.starts_at);
  const place = placeOf(said);
  const url = cleanUrl(said.url);
  const dashboard = cleanUrl(said.dashboard_url);
  const runbook = cleanUrl(said.runbook_url);
  return {
    fingerprint: fingerprintOf('generic', said.key),
    ...(place === undefined ? {} : { place }),
    status: said.status,
    title:
      cleanText(said.title ?? '', limits.title) ||
      cleanText(said.key, limits.title) ||
      'Alert without a name',
    summary: cleanText(said.summary ?? '', limits.summary),
    labels: cleanLabels({ ...unread, ...said.labels }),
    ...(said.service === undefined ? {} : { service: cleanText(said.service, limits.label) }),
    ...(said.channel === undefined ? {} : { channel: cleanText(said.channel, limits.label) }),
    ...(severity === undefined ? {} : { severity }),
    ...(version === undefined ? {} : { version }),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(url === undefined ? {} : { url }),
    ...(dashboard === undefined ? {} : { dashboard }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

/** One script may look at several services or channels, and take the name of its check for the key in each. */
function placeOf({ service, channel, labels }: z.infer<typeof genericAlert>): string | undefined {
  const all = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (service === undefined && channel === undefined && all.length === 0) return undefined;
  return sha256Hex(JSON.stringify([service ?? null, channel ?? null, all])).slice(0, 16);
}
