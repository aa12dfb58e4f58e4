import { z } from 'zod';
import { pagerdutyDeeds, type PagerdutyReport } from '../core/incident/pagerduty.ts';
import type { Ignored } from '../core/source.ts';
import { readJson } from './json-body.ts';
import { cleanText, limits, readTime } from './untrusted.ts';

const anyEvent = z.object({ event: z.object({ event_type: z.string() }) });

const reference = z.object({ summary: z.string().nullish() });

const incidentEvent = z.object({
  event: z.object({
    occurred_at: z.string().optional(),
    event_type: z.enum(pagerdutyDeeds.map((deed) => `incident.${deed}` as const)),
    /** Null, or an integration, when no user did it. */
    agent: z.object({ id: z.string().min(1), type: z.string(), summary: z.string().nullish() }).nullish(),
    data: z.object({
      title: z.string(),
      created_at: z.string().optional(),
      /** The `dedup_key` of the event that opened it; PagerDuty leaves it out where several alerts were merged. */
      incident_key: z.string().nullish(),
      assignees: z.array(reference).default([]),
    }),
  }),
});

/**
 * PagerDuty's webhooks, version 3: what people did there to a page of ours.
 * @throws MalformedBody
 */
export function readPagerdutyEvent(
  body: Buffer,
): { readonly incident: string; readonly report: PagerdutyReport } | Ignored {
  const { event_type } = readJson(body, anyEvent).event;
  const did = pagerdutyDeeds.find((deed) => event_type === `incident.${deed}`);
  if (!did) return { ignored: `it is ${cleanText(event_type, limits.label)}, which changes nothing here` };
  const { agent, occurred_at, data } = readJson(body, incidentEvent).event;
  const key = data.incident_key ?? undefined;
  const incident = ours(key, data.title);
  if (incident === undefined) return { ignored: 'it is about an incident that Lastgood did not open' };
  const user =
    agent?.type === 'user_reference'
      ? {
          id: cleanText(agent.id, limits.label),
          name: nameOf(agent.summary) || cleanText(agent.id, limits.label),
        }
      : undefined;
  const assignees = data.assignees.map(({ summary }) => nameOf(summary)).filter((name) => name !== '');
  return {
    incident,
    report: {
      type: 'pagerduty.report',
      did,
      key,
      user,
      occurredAt: readTime(occurred_at),
      beganAt: readTime(data.created_at),
      assignees: assignees.slice(0, 10),
    },
  };
}

/** By the key that we gave, whose store the incident itself compares; without one by the title, which begins as we wrote it unless somebody has edited it. */
function ours(key: string | undefined, title: string): string | undefined {
  const pattern =
    key === undefined ? /^P[0-3] (INC-[1-9]\d{0,9}): / : /^lastgood\/(?:[0-9a-z]{6}\/)?(INC-[1-9]\d{0,9})\//;
  return pattern.exec(key ?? title)?.[1];
}

function nameOf(summary: string | null | undefined): string {
  return cleanText(summary ?? '', 80);
}
