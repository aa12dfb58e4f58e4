import { approvalsPolicy, type ApprovalsPolicy } from './approvals.ts';
import { channelsPolicy, type ChannelsPolicy } from './channels.ts';
import { escalationPolicy, type EscalationPolicy } from './escalation.ts';
import { healthPolicy, type HealthPolicy } from './health.ts';
import { notificationsPolicy, type NotificationsPolicy } from './notifications.ts';
import { rosterPolicy, type RosterPolicy } from './roster.ts';
import { servicesPolicy, type ServicesPolicy } from './services.ts';
import { severityPolicy, type SeverityPolicy } from './severity.ts';

/** Everything a team decides, as read from `policies/*.yml` and validated. */
export interface Policies {
  readonly severity: SeverityPolicy;
  readonly services: ServicesPolicy;
  readonly roster: RosterPolicy;
  readonly escalation: EscalationPolicy;
  readonly approvals: ApprovalsPolicy;
  readonly channels: ChannelsPolicy;
  readonly health: HealthPolicy;
  readonly notifications: NotificationsPolicy;
  /** SHA-256 of each file, by the file's name without `.yml`; copied into the streams that used it. */
  readonly hashes: Readonly<Record<PolicyName, string>>;
}

/** One line a policy file: its name is the file's name and the key in `Policies`. */
export const policySchemas = {
  severity: severityPolicy,
  services: servicesPolicy,
  roster: rosterPolicy,
  escalation: escalationPolicy,
  approvals: approvalsPolicy,
  channels: channelsPolicy,
  health: healthPolicy,
  notifications: notificationsPolicy,
} as const;

export type PolicyName = keyof typeof policySchemas;
export const policyNames = Object.keys(policySchemas) as readonly PolicyName[];
