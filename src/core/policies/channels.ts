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

/** `policies/channels.yml`: the apps, their release channels, and the steps that roll a channel back. */
export const channelsPolicy = z.strictObject({
  apps: z.record(
    name,
    z.strictObject({
      title: z.string().min(1).max(80),
      channels: z.record(
        name,
        z.strictObject({
          /** Live this long without a P0 or P1, and a version counts as good. */
          healthy_after: delay,
          conversation: name,
          rollback: z.strictObject({ steps: z.array(step).min(1) }),
        }),
      ),
    }),
  ),
});

export type ChannelsPolicy = z.infer<typeof channelsPolicy>;
export type ChannelPolicy = ChannelsPolicy['apps'][string]['channels'][string];
export type StepPolicy = z.infer<typeof step>;
