import { own } from '../own.ts';
import type { ChannelPolicy } from '../policies/channels.ts';
import type { Policies } from '../policies/policies.ts';

/** Edges address only channels that channels.yml names. */
export function place({ id, policies }: { readonly id: string; readonly policies: Policies }): {
  readonly app: string;
  readonly channel: string;
  readonly policy: ChannelPolicy;
} {
  const [app = '', channel = ''] = id.slice('channel:'.length).split('/');
  const policy = policyOf({ id, policies });
  if (!policy) throw new Error(`${id} is not in channels.yml`);
  return { app, channel, policy };
}

export function policyOf({
  id,
  policies,
}: {
  readonly id: string;
  readonly policies: Policies;
}): ChannelPolicy | undefined {
  const [app = '', channel = '', ...more] = id.slice('channel:'.length).split('/');
  // A button may name anything: what every object inherits is no channel.
  const channels = own(policies.channels.apps, app)?.channels;
  return channels && more.length === 0 ? own(channels, channel) : undefined;
}
