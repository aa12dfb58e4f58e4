import type { ChannelsPolicy } from './channels.ts';
import { deployedFrom, placeOf } from './deployments.ts';
import type { Finding } from './finding.ts';

/** A deployment has to say which one channel it was for. */
export function checkDeployments(channels: ChannelsPolicy): readonly Finding[] {
  return [...checkLone(channels), ...checkTwice(channels)];
}

/** Half of it does nothing. */
function checkLone({ apps }: ChannelsPolicy): readonly Finding[] {
  return Object.entries(apps).flatMap(([app, { repositories, channels }]) =>
    Object.entries(channels).flatMap(([channel, { environments }]): readonly Finding[] => {
      if (environments === undefined || repositories !== undefined) return [];
      const message = `expected ${app} to have repositories, whose environments these are; found none`;
      return [{ policy: 'channels', path: ['apps', app, 'channels', channel, 'environments'], message }];
    }),
  );
}

function checkTwice(channels: ChannelsPolicy): readonly Finding[] {
  const owners = new Map<string, string>();
  return deployedFrom(channels).flatMap((one): readonly Finding[] => {
    const { app, channel, repository, environment } = one;
    const full = `${app}/${channel}`;
    const owner = owners.get(placeOf(one));
    owners.set(placeOf(one), full);
    if (owner === undefined) return [];
    const message = `expected one channel for ${repository} and ${environment}; found ${owner} and ${full}`;
    return [{ policy: 'channels', path: ['apps', app, 'channels', channel, 'environments'], message }];
  });
}
