import type { Instant } from '../time.ts';
import { leftByRollback } from './left-by-rollback.ts';
import { knownVersions, livePeriod, type Channel } from './state.ts';

/** What a client is told of the version that it is. Every text in it is printable ASCII. */
export type VersionStatus =
  | {
      readonly status: 'active';
      /** When it went live, the last time. */
      readonly since: Instant;
      /** Where it is live now: `stable`. */
      readonly channels: readonly string[];
    }
  | {
      readonly status: 'revoked';
      /** When it was rolled back. */
      readonly since: Instant;
      /** `rolled back from stable to 1.4.2`. What people wrote is none of the public's business. */
      readonly reason: string;
    };

/** App → version → its status. */
export type StatusByApp = Readonly<Record<string, Readonly<Record<string, VersionStatus>>>>;

/**
 * Every version that was ever live, as far as channels remember, also one that was deployed behind our back and never
 * recorded. One that a rollback took off any channel is revoked, wherever else it runs, until somebody brings it back to
 * that channel.
 */
export function versionStatuses(channels: readonly Channel[]): StatusByApp {
  const byApp = new Map<string, Channel[]>();
  for (const channel of channels) {
    const { app } = placeOf(channel);
    byApp.set(app, [...(byApp.get(app) ?? []), channel]);
  }
  return Object.fromEntries(
    [...byApp].map(([app, all]) => {
      const versions = new Set(all.flatMap((channel) => [...knownVersions(channel), ...rolledBack(channel)]));
      return [app, Object.fromEntries([...versions].map((version) => [version, statusOf(version, all)]))];
    }),
  );
}

/** Channels forget in time; what was revoked stays so for as long as nothing else is known of it. */
export function keepRevoked(now: StatusByApp, before: StatusByApp): StatusByApp {
  const apps = new Set([...Object.keys(before), ...Object.keys(now)]);
  return Object.fromEntries(
    [...apps].map((app) => {
      const revoked = Object.entries(before[app] ?? {}).filter(([, { status }]) => status === 'revoked');
      return [app, { ...Object.fromEntries(revoked), ...now[app] }];
    }),
  );
}

/** What rollbacks took off a channel, whether our records ever had it live there or not. */
function rolledBack(channel: Channel): readonly string[] {
  const left = channel.moves.flatMap(({ cause, from }) => (cause === 'rollback' && from ? [from] : []));
  return left.filter((version) => leftByRollback(channel, version));
}

function statusOf(version: string, channels: readonly Channel[]): VersionStatus {
  const left = channels
    .flatMap((channel) => {
      const move = leftByRollback(channel, version);
      return move ? [{ move, name: placeOf(channel).channel }] : [];
    })
    .toSorted((a, b) => a.move.at - b.move.at)
    .at(-1);
  if (left) {
    const reason = `rolled back from ${left.name} to ${left.move.to}`;
    return { status: 'revoked', since: left.move.at, reason };
  }
  const starts = channels.flatMap(({ periods }) =>
    periods.filter((period) => period.version === version).map(({ from }) => from),
  );
  const live = channels.filter((channel) => livePeriod(channel)?.version === version);
  return {
    status: 'active',
    since: Math.max(...starts),
    channels: live.map((channel) => placeOf(channel).channel).toSorted(),
  };
}

/** `shop/stable` is the channel stable of the app shop. */
function placeOf({ name }: Channel): { readonly app: string; readonly channel: string } {
  const [app = name, channel = name] = name.split('/');
  return { app, channel };
}
