import { expect, it } from 'vitest';
import { checkDeployments } from '../../src/core/policies/check-deployments.ts';
import { channelOfDeployment } from '../../src/core/policies/deployments.ts';
import { policies } from '../support/given.ts';

const { channels } = policies;
const shop = channels.apps['shop']!;

/** The shipped channels, with other environments and repositories. */
function changed(stable: readonly string[], canary: readonly string[], repositories?: readonly string[]) {
  const { repositories: _, ...others } = shop;
  return {
    apps: {
      shop: {
        ...others,
        ...(repositories && { repositories: [...repositories] }),
        channels: {
          stable: { ...shop.channels['stable']!, environments: [...stable] },
          canary: { ...shop.channels['canary']!, environments: [...canary] },
        },
      },
    },
  };
}

it.each([
  ['shop/storefront', 'production', { app: 'shop', channel: 'stable' }],
  ['Shop/Storefront', 'Production', { app: 'shop', channel: 'stable' }],
  ['shop/storefront', 'canary', { app: 'shop', channel: 'canary' }],
])('%s and %s are a channel', (repository, environment, expected) => {
  expect(channelOfDeployment(channels, { repository, environment })).toMatchObject(expected);
});

it.each([
  ['shop/storefront', 'github-pages'],
  ['evil/storefront', 'production'],
  ['shop/storefront production', ''],
])('%s and %s are none', (repository, environment) => {
  expect(channelOfDeployment(channels, { repository, environment })).toBeUndefined();
});

it('finds nothing wrong with the shipped ones', () => {
  expect(checkDeployments(channels)).toEqual([]);
});

it('wants one channel for a repository and an environment', () => {
  expect(checkDeployments(changed(['production'], ['Production'], ['shop/storefront']))).toEqual([
    {
      policy: 'channels',
      path: ['apps', 'shop', 'channels', 'canary', 'environments'],
      message: 'expected one channel for shop/storefront and Production; found shop/stable and shop/canary',
    },
  ]);
});

it('wants repositories where there are environments', () => {
  expect(checkDeployments(changed(['production'], ['canary'])).map(({ message }) => message)).toEqual([
    'expected shop to have repositories, whose environments these are; found none',
    'expected shop to have repositories, whose environments these are; found none',
  ]);
});
