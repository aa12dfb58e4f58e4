import { z } from 'zod';
import { sayActor } from '../../core/actor.ts';
import { describeIncidentEvent } from '../../core/incident/describe.ts';
import type { IncidentEvent } from '../../core/incident/event.ts';
import { allFiring } from '../../core/incident/firing.ts';
import type { Incident } from '../../core/incident/state.ts';
import { severities } from '../../core/severity.ts';
import type { Recorded } from '../../core/stream.ts';
import { isoTime, isoTimeOrNull, time } from './times.ts';

const severity = z.enum(severities);

/** An incident as programs see it. */
export const incidentShape = z.object({
  id: z.string(),
  title: z.string(),
  severity,
  status: z.enum(['triggered', 'acknowledged', 'resolved']),
  service: z.string(),
  /** `shop/stable` */
  channel: z.string(),
  opened_at: time,
  acknowledged: z.object({ by: z.string(), at: time, until: time.nullable() }).nullable(),
  resolved: z.object({ by: z.string(), at: time, reason: z.string() }).nullable(),
  /** Those that fire now, and how many have stopped. */
  alerts: z.object({
    firing: z.array(
      z.object({
        title: z.string(),
        summary: z.string(),
        severity,
        /** Where to look at the alert itself. */
        url: z.string().nullable(),
        dashboard_url: z.string().nullable(),
        runbook_url: z.string().nullable(),
      }),
    ),
    resolved: z.int(),
  }),
  /** Which rung of the ladder is called next; one past the last is the last resort. */
  next_call: z.object({ rung: z.int(), of: z.int(), at: time }).nullable(),
  pages: z.object({ planned: z.int(), delivered: z.int() }),
  missed_clocks: z.array(z.string()),
  suspect: z
    .object({
      live: z.string(),
      live_since: time,
      last_good: z.string().nullable(),
      /** The rollback since which nobody can be sure that it is what runs. */
      uncertain_since: z.string().nullable(),
    })
    .nullable(),
  operations: z.array(z.object({ id: z.string(), progress: z.string() })),
});
export type IncidentShape = z.infer<typeof incidentShape>;

export function toIncident(incident: Incident): IncidentShape {
  const { acknowledged, resolved, nextCall, suspect } = incident;
  return {
    id: incident.id,
    title: incident.title,
    severity: incident.severity,
    status: incident.status,
    service: incident.service,
    channel: `${incident.app}/${incident.channel}`,
    opened_at: isoTime(incident.openedAt),
    acknowledged: acknowledged
      ? { by: acknowledged.by, at: isoTime(acknowledged.at), until: isoTimeOrNull(acknowledged.expiresAt) }
      : null,
    resolved: resolved ? { by: resolved.by, at: isoTime(resolved.at), reason: resolved.reason } : null,
    alerts: {
      firing: allFiring(incident).map(([, { title, summary, severity: of, ...alert }]) => ({
        title,
        summary,
        severity: of,
        url: alert.url ?? null,
        dashboard_url: alert.dashboard ?? null,
        // As on the card: that of the service, where the alert names none.
        runbook_url: alert.runbook ?? incident.runbook ?? null,
      })),
      resolved: incident.alertsResolved,
    },
    next_call: nextCall
      ? { rung: nextCall.rung, of: incident.ladder.rungs.length, at: isoTime(nextCall.at) }
      : null,
    pages: { planned: incident.pagesPlanned, delivered: incident.pagesDelivered },
    missed_clocks: [...incident.missedClocks],
    suspect: suspect
      ? {
          live: suspect.live,
          live_since: isoTime(suspect.liveSince),
          last_good: suspect.lastGood ?? null,
          uncertain_since: suspect.doubt ?? null,
        }
      : null,
    operations: Object.entries(incident.operations).map(([id, progress]) => ({ id, progress })),
  };
}

/** What happened, in the words of the post-mortem; `type` is for programs that look for one kind of entry. */
export const timelineShape = z.object({
  incident: z.string(),
  entries: z.array(z.object({ seq: z.int(), at: time, type: z.string(), by: z.string(), text: z.string() })),
});

export function toTimeline(
  incident: string,
  events: readonly Recorded<IncidentEvent>[],
): z.infer<typeof timelineShape> {
  const entries = events.flatMap((event) => {
    const text = describeIncidentEvent(event);
    if (text === undefined) return [];
    return [{ seq: event.seq, at: isoTime(event.at), type: event.type, by: sayActor(event.by), text }];
  });
  return { incident, entries };
}
