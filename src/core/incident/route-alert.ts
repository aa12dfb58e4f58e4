import type { Policies } from '../policies/policies.ts';
import type { ServicePolicy } from '../policies/services.ts';
import type { Severity } from '../severity.ts';
import type { Alert } from '../source.ts';
import { claimingService } from './claim-alert.ts';
import { own } from '../own.ts';
import { hasLabels } from './labels.ts';

/** Where an alert belongs, and how bad it is. */
export interface RoutedAlert {
  readonly service: string;
  readonly app: string;
  readonly channel: string;
  readonly severity: Severity;
  /** What the alert said that policy does not know, and what was done about it. */
  readonly note: string | undefined;
  /** How bad it says it is, in a word that no rule knows: its severity is the policy's guess. */
  readonly unknownSeverity?: string | undefined;
}

/** What the alert says itself counts first, then its labels, then the defaults. Every alert ends up somewhere. */
export function routeAlert(
  alert: Alert,
  policies: Pick<Policies, 'services' | 'severity' | 'channels'>,
): RoutedAlert {
  const service = serviceOf(alert, policies.services);
  const channel = channelOf(alert, service.policy, policies);
  const severity = severityOf(alert, service.key, policies.severity);
  const notes = [service.note, channel.note].filter((note) => note !== undefined);
  return {
    service: service.key,
    app: service.policy.app,
    channel: channel.name,
    severity: severity.is,
    note: notes.length === 0 ? undefined : notes.join('; '),
    unknownSeverity: severity.unknown,
  };
}

function serviceOf(
  alert: Alert,
  policy: Policies['services'],
): { readonly key: string; readonly policy: ServicePolicy; readonly note?: string } {
  const { services, unclaimed } = policy;
  const said = alert.service;
  const isNamed = said !== undefined && Object.hasOwn(services, said);
  const key = isNamed ? said : (claimingService(alert.labels, policy) ?? unclaimed);
  const found = own(services, key);
  if (!found) throw new Error(`service ${unclaimed} is not in services.yml`);
  if (isNamed || said === undefined) return { key, policy: found };
  return { key, policy: found, note: `service "${said}" is unknown, taken as ${key}` };
}

function channelOf(
  alert: Alert,
  service: ServicePolicy,
  { services, channels }: Pick<Policies, 'services' | 'channels'>,
): { readonly name: string; readonly note?: string } {
  const said = alert.channel ?? own(alert.labels, services.channel_label);
  if (said === undefined) return { name: service.channel };
  const name = own(services.channel_values, said) ?? said;
  if (Object.hasOwn(channels.apps[service.app]?.channels ?? {}, name)) return { name };
  return { name: service.channel, note: `channel "${said}" is unknown, taken as ${service.channel}` };
}

/** Where alerts say how bad they are. */
const severityLabels = ['severity', 'priority'];

function severityOf(
  alert: Alert,
  service: string,
  { rules, ...policy }: Policies['severity'],
): { readonly is: Severity; readonly unknown?: string | undefined } {
  if (alert.severity !== undefined) return { is: alert.severity };
  const fitting = rules.filter(
    (candidate) =>
      (candidate.service === undefined || candidate.service === service) &&
      hasLabels(alert.labels, candidate.labels),
  );
  const is = fitting[0]?.severity ?? policy.default;
  // A rule that looks at no label takes whatever comes, also a word that one after it knows.
  if (fitting.some((rule) => Object.keys(rule.labels).length > 0)) return { is };
  const said = severityLabels.map((label) => own(alert.labels, label)).find((word) => word);
  return { is, unknown: said };
}
