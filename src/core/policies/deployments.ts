import type { ChannelsPolicy } from './channels.ts';

/** A channel by its names, and a place from which GitHub deploys to it. */
export interface DeployedFrom {
  readonly app: string;
  readonly channel: string;
  readonly repository: string;
  readonly environment: string;
}

/** Every repository and environment that channels.yml names together. */
export function deployedFrom({ apps }: ChannelsPolicy): readonly DeployedFrom[] {
  return Object.entries(apps).flatMap(([app, { repositories = [], channels }]) =>
    Object.entries(channels).flatMap(([channel, { environments = [] }]) =>
      repositories.flatMap((repository) =>
        environments.map((environment) => ({ app, channel, repository, environment })),
      ),
    ),
  );
}

/** The channel to which a repository deploys when it deploys to an environment. GitHub ignores the case of both. */
export function channelOfDeployment(
  channels: ChannelsPolicy,
  { repository, environment }: Pick<DeployedFrom, 'repository' | 'environment'>,
): Pick<DeployedFrom, 'app' | 'channel'> | undefined {
  const wanted = placeOf({ repository, environment });
  return deployedFrom(channels).find((one) => placeOf(one) === wanted);
}

/** The same for what GitHub takes as the same. */
export function placeOf({
  repository,
  environment,
}: Pick<DeployedFrom, 'repository' | 'environment'>): string {
  return `${repository} ${environment}`.toLowerCase();
}
