import { z } from 'zod';
import { delay, duration, name } from './duration.ts';

const step = z.strictObject({
  /** The executor's name: `github-workflow`, `health`, `sentry-release`, … */
  uses: name,
  title: z.string().min(1).max(75),
  /** `execute` changes production, `verify` judges it (the channel moves after the last of these), `record` tells others. */
  phase: z.enum(['execute', 'verify', 'record']),
  /** How long it should take, and how long it may take. */
  target: duration,
  deadline: duration,
  with: z.record(z.string(), z.unknown()).default({}),
});

const promotion = z.strictObject({
  /** The channels of this app that a version may come from. */
  from: z.array(name).min(1),
  /** How long a version has to have run there at a stretch without a P0 or P1. */
  observed_for: delay,
  steps: z.array(step).min(1),
});

const repository = z
  .string()
  .regex(/^[\w.-]+\/[\w.-]+$/, 'expected a repository with its owner, such as shop/storefront');

/** `policies/channels.yml`: the apps, their release channels, and the steps that take a channel back or forward. */
export const channelsPolicy = z.strictObject({
  apps: z.record(
    name,
    z.strictObject({
      title: z.string().min(1).max(80),
      /** Whose deployments on GitHub are this app's. */
      repositories: z.array(repository).min(1).optional(),
      /** Tokens that stand for nobody, by their names in `API_TOKENS`, whose word on deployments is good enough. */
      trusted_reporters: z.array(z.string().min(1).max(60)).min(1).optional(),
      channels: z.record(
        name,
        z.strictObject({
          /** Live this long at a stretch without a P0 or P1, and a version counts as good. */
          healthy_after: delay,
          /** Environments on GitHub: what is deployed to one of them is live on this channel. */
          environments: z.array(z.string().min(1)).min(1).optional(),
          conversation: name,
          rollback: z.strictObject({ steps: z.array(step).min(1) }),
          /** Left out: nothing is promoted to this channel. */
          promotion: promotion.optional(),
        }),
      ),
    }),
  ),
});

export type ChannelsPolicy = z.infer<typeof channelsPolicy>;
export type ChannelPolicy = ChannelsPolicy['apps'][string]['channels'][string];
export type PromotionPolicy = z.infer<typeof promotion>;
export type StepPolicy = z.infer<typeof step>;
