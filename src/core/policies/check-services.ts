import { unknownName, type Finding } from './finding.ts';
import type { Policies } from './policies.ts';

export function checkUnclaimed({ services }: Pick<Policies, 'services'>): readonly Finding[] {
  const known = Object.keys(services.services);
  if (known.includes(services.unclaimed)) return [];
  return [unknownName('services', ['unclaimed'], 'a service of this file', services.unclaimed, known)];
}

export function checkServiceRotations({
  services,
  roster,
}: Pick<Policies, 'services' | 'roster'>): readonly Finding[] {
  return checkNames(services, 'rotation', 'a rotation of roster.yml', roster.rotations);
}

export function checkServiceLadders({
  services,
  escalation,
}: Pick<Policies, 'services' | 'escalation'>): readonly Finding[] {
  return checkNames(services, 'escalation', 'a policy of escalation.yml', escalation.policies);
}

export function checkServiceConversations({
  services,
  notifications,
}: Pick<Policies, 'services' | 'notifications'>): readonly Finding[] {
  return checkNames(
    services,
    'conversation',
    'a conversation of notifications.yml',
    notifications.conversations,
  );
}

export function checkServiceChannels({
  services,
  channels,
}: Pick<Policies, 'services' | 'channels'>): readonly Finding[] {
  const ofServices = Object.entries(services.services).flatMap(([key, { app, channel }]) => {
    const known = Object.entries(channels.apps).find(([name]) => name === app)?.[1];
    if (!known) {
      return [
        unknownName(
          'services',
          ['services', key, 'app'],
          'an app of channels.yml',
          app,
          Object.keys(channels.apps),
        ),
      ];
    }
    const names = Object.keys(known.channels);
    if (names.includes(channel)) return [];
    const what = `a channel of ${app} in channels.yml`;
    return [unknownName('services', ['services', key, 'channel'], what, channel, names)];
  });
  const everywhere = [...new Set(Object.values(channels.apps).flatMap((app) => Object.keys(app.channels)))];
  const ofValues = Object.entries(services.channel_values)
    .filter(([, channel]) => !everywhere.includes(channel))
    .map(([value, channel]) =>
      unknownName('services', ['channel_values', value], 'a channel of channels.yml', channel, everywhere),
    );
  return [...ofServices, ...ofValues];
}

export function checkSeverityRules({
  severity,
  services,
}: Pick<Policies, 'severity' | 'services'>): readonly Finding[] {
  const known = Object.keys(services.services);
  return severity.rules.flatMap(({ service }, index) =>
    service === undefined || known.includes(service)
      ? []
      : [unknownName('severity', ['rules', index, 'service'], 'a service of services.yml', service, known)],
  );
}

function checkNames(
  { services }: Policies['services'],
  key: 'rotation' | 'escalation' | 'conversation',
  what: string,
  known: Readonly<Record<string, unknown>>,
): readonly Finding[] {
  const names = Object.keys(known);
  return Object.entries(services)
    .filter(([, service]) => !names.includes(service[key]))
    .map(([name, service]) => unknownName('services', ['services', name, key], what, service[key], names));
}
