import type { Severity } from '../severity.ts';
import type { Context, Decision, Tell } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import { severitySlice } from './severity-slice.ts';
import type { Incident } from './state.ts';

/** Opens the incident and asks its channel what is live there; the answer comes back in the same transaction. */
export function begin(
  what: {
    readonly title: string;
    readonly severity: Severity;
    readonly service: string;
    readonly app: string;
    readonly channel: string;
  },
  { policies, id, storeId }: Context,
): Decision<IncidentEvent> {
  const service = policies.services.services[what.service];
  const slice = severitySlice(what.service, what.severity, policies);
  // Routing and commands name only services that are there, and the loader sees to their ladders.
  if (!service || !slice) throw new Error(`service ${what.service} is not in services.yml`);
  const conversations = policies.notifications.conversations;
  const conversation = conversations[service.conversation] ?? '';
  const opened: IncidentEvent = {
    type: 'incident.opened',
    title: what.title,
    severity: what.severity,
    service: what.service,
    serviceTitle: service.title,
    app: what.app,
    channel: what.channel,
    conversation,
    emergency: conversations['emergency'] ?? '',
    rotation: service.rotation,
    storeId,
    runbook: service.runbook,
    ...slice,
    policies: policies.hashes,
  };
  const tells: Tell[] = [
    {
      to: { kind: 'channel', id: `channel:${what.app}/${what.channel}` },
      intent: {
        type: 'channel.note-incident',
        incident: id,
        severity: what.severity,
        conversation,
        service: what.service,
      },
    },
  ];
  return { events: [opened], tells };
}

/** Its channel keeps which incidents freeze it; without a severity, it is over. */
export function tellChannel(
  { id, app, channel, conversation, service }: Incident,
  severity: Severity | undefined,
  was?: Severity,
): Tell {
  return {
    to: { kind: 'channel', id: `channel:${app}/${channel}` },
    intent: { type: 'channel.note-incident', incident: id, severity, was, conversation, service },
  };
}
