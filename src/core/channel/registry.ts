import { z } from 'zod';
import type { Instant } from '../time.ts';
import { parseVersion } from '../version.ts';
import { livePeriod, type Channel, type Move } from './state.ts';

const version = z
  .string()
  .refine((text) => parseVersion(text) !== undefined, 'expected a SemVer version such as 1.4.2');
const seconds = z.number().min(0);

/** `security/release_channels.json`, as people and CI read it. Times are in seconds since the epoch. */
export const registrySchema = z.object({
  version: z.literal(1),
  /** The file that comes with Lastgood tells of an invented shop: nothing in it is believed. */
  example: z.boolean().optional(),
  updated_at: seconds,
  channels: z.record(
    z.string(),
    z.object({ version, rollout_percent: z.number().min(0).max(100), updated_at: seconds }),
  ),
  history: z.array(
    z.object({
      ts: seconds,
      action: z.string(),
      channel: z.string(),
      from_version: z.string(),
      to_version: version,
      reason: z.string(),
      actor: z.string(),
    }),
  ),
});

export type Registry = z.infer<typeof registrySchema>;

export const emptyRegistry: Registry = { version: 1, updated_at: 0, channels: {}, history: [] };

/** What may be believed of a registry: of one that is still marked as an example, nothing. */
export function believed(registry: Registry): Registry {
  return registry.example === true ? emptyRegistry : registry;
}

/** The registry keeps this many rows of history. */
const historyKept = 300;

/** By which keys channels stand in the registry. */
export interface RegistryKeys {
  /** `stable` where there is one app, or else `shop/stable`. */
  readonly now: (channel: Pick<Channel, 'name'>) => string;
  /** The other of the two, unless it is some channel's now: by it the channel stood there before an app came or went. */
  readonly former: (channel: Pick<Channel, 'name'>) => string | undefined;
}

/** What the channels' state says, in the registry's shape. A row by a former key would be believed for ever: none stays. */
export function writeRegistry(
  before: Registry,
  channels: readonly Channel[],
  keys: RegistryKeys,
  at: Instant,
): Registry {
  const live = channels.flatMap((channel) => {
    const period = livePeriod(channel);
    if (!period) return [];
    const key = keys.now(channel);
    const row = {
      version: period.version,
      // We do not shift traffic yet; what the rollout tool wrote stays.
      rollout_percent: (before.channels[key] ?? formerRow(before, channel, keys))?.rollout_percent ?? 100,
      updated_at: period.from / 1_000,
    };
    return [[key, row] as const];
  });
  const known = new Set(channels.flatMap((channel) => [keys.now(channel), keys.former(channel)]));
  const others = Object.entries(before.channels).filter(([key]) => !known.has(key));
  // What the file told us stays as it was written there; we add what it does not know.
  const written = withKeysOfNow(before.history, channels, keys);
  const told = new Set(written.map(keyOf));
  const ours = channels.flatMap((channel) =>
    channel.moves.map((move) => ({
      ts: move.at / 1_000,
      action: move.cause,
      channel: nameOfMove(move, channel, keys),
      from_version: move.from ?? '',
      to_version: move.to,
      reason: move.reason,
      actor: move.actor,
    })),
  );
  const history = [...written, ...ours.filter((row) => !told.has(keyOf(row)))]
    .toSorted((a, b) => a.ts - b.ts)
    .slice(-historyKept);
  return { version: 1, updated_at: at / 1_000, channels: Object.fromEntries([...others, ...live]), history };
}

/** Whether a channel that is live still stands there by a key of before an app came or went. */
export function isFormerlyKeyed(registry: Registry, channel: Channel, keys: RegistryKeys): boolean {
  return livePeriod(channel) !== undefined && formerRow(registry, channel, keys) !== undefined;
}

/** The moves of one channel that a registry tells, oldest first: its history, and what is live now. */
export function readMoves(
  registry: Registry,
  key: string,
  now: Instant,
): readonly {
  readonly version: string;
  readonly at: Instant;
  readonly actor: string;
  readonly reason: string;
}[] {
  const told = registry.history
    .filter((row) => targetOf(row.channel) === key)
    .toSorted((a, b) => a.ts - b.ts);
  const live = registry.channels[key];
  // 0 stands for "nobody noted when"; it is no sign of half a century of health.
  const firstNoted = [...told.map(({ ts }) => ts), live?.updated_at ?? 0].find((ts) => ts > 0);
  const since = firstNoted === undefined ? now : instantOf(firstNoted);
  const rows = told.map(({ to_version, ts, actor, reason }) => {
    return { version: bare(to_version), at: ts > 0 ? instantOf(ts) : since, actor, reason };
  });
  const last = rows.at(-1);
  if (!live || last?.version === bare(live.version)) return rows;
  const at = Math.max(live.updated_at > 0 ? instantOf(live.updated_at) : now, last?.at ?? 0);
  const reason = 'live when the registry was imported';
  return [...rows, { version: bare(live.version), at, actor: 'registry', reason }];
}

/** The moves of one channel that a registry tells to have come in a time, oldest first. */
export function movesBetween(
  { history }: Registry,
  key: string,
  after: Instant,
  until: Instant,
): readonly Move[] {
  return history
    .filter(({ channel, ts }) => targetOf(channel) === key && instantOf(ts) > after && instantOf(ts) <= until)
    .toSorted((a, b) => a.ts - b.ts)
    .map(({ ts, action, from_version, to_version, reason, actor }) => ({
      at: instantOf(ts),
      cause: action === 'rollback' || action === 'promote' || action === 'deploy' ? action : 'set',
      from: parseVersion(from_version),
      to: bare(to_version),
      reason,
      actor,
    }));
}

/** The version that a registry names as live on a channel, by its key there. */
export function registeredVersion(registry: Registry, key: string): string | undefined {
  const row = registry.channels[key];
  return row && bare(row.version);
}

function formerRow(
  { channels }: Registry,
  channel: Channel,
  keys: RegistryKeys,
): Registry['channels'][string] | undefined {
  const former = keys.former(channel);
  return former === undefined ? undefined : channels[former];
}

/** Rows that tell our moves under former keys get those of now; that way none is told twice. */
function withKeysOfNow(
  history: Registry['history'],
  channels: readonly Channel[],
  keys: RegistryKeys,
): Registry['history'] {
  const told = new Set(history.map(keyOf));
  const renamed = new Map(
    channels.flatMap((channel) => {
      const former = keys.former(channel);
      if (former === undefined) return [];
      return channel.moves.map((move) => {
        const row = { ts: move.at / 1_000, to_version: move.to };
        return [keyOf({ ...row, channel: former }), nameOfMove(move, channel, keys)] as const;
      });
    }),
  );
  return history.flatMap((row) => {
    const channel = renamed.get(keyOf(row));
    if (channel === undefined) return [row];
    return told.has(keyOf({ ...row, channel })) ? [] : [{ ...row, channel }];
  });
}

function nameOfMove({ source }: Move, channel: Channel, { now }: RegistryKeys): string {
  return source === undefined ? now(channel) : `${now({ name: source })}->${now(channel)}`;
}

/** Which move a row tells, whoever wrote it. */
function keyOf({
  channel,
  ts,
  to_version,
}: Pick<Registry['history'][number], 'channel' | 'ts' | 'to_version'>): string {
  return `${targetOf(channel)} ${instantOf(ts)} ${bare(to_version)}`;
}

function instantOf(seconds: number): Instant {
  return Math.round(seconds * 1_000);
}

/** Versions as people type them: `v1.4.2` is 1.4.2. */
function bare(text: string): string {
  return parseVersion(text) ?? text;
}

/** A promotion is written as `canary->stable`; what changes is the channel behind the arrow. */
function targetOf(channel: string): string {
  return channel.split('->').at(-1) ?? channel;
}
