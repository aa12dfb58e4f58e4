import { describe, expect, it } from 'vitest';
import { channelKind } from '../../src/core/channel/channel.ts';
import {
  emptyRegistry,
  movesBetween,
  readMoves,
  registrySchema,
  writeRegistry,
  type Registry,
} from '../../src/core/channel/registry.ts';
import { registryKeys } from '../../src/bot/registry.ts';
import { ana, given, hour, policies, start } from '../support/given.ts';

/** As tools of others write it: times in seconds, 0 where nobody noted when. */
const file: Registry = registrySchema.parse({
  version: 1,
  updated_at: 1_795_300_000.25,
  channels: {
    canary: { version: '1.6.0', rollout_percent: 5, updated_at: 0.0 },
    stable: { version: '1.5.0', rollout_percent: 100, updated_at: 1_795_000_600.5 },
  },
  history: [
    row(1_795_000_600.5, 'promote', 'canary->stable', '1.4.2', '1.5.0'),
    row(1_794_000_000, 'set', 'stable', '', '1.4.2'),
    row(1_795_000_000, 'set', 'canary', '', '1.5.0'),
  ],
});

function row(ts: number, action: string, channel: string, from_version: string, to_version: string) {
  return { ts, action, channel, from_version, to_version, reason: 'as planned', actor: 'ci' };
}

const now = start;
const keys = registryKeys(policies);

function imported(registry: Registry) {
  return given(channelKind).when({ type: 'channel.import', moves: readMoves(registry, 'stable', now) });
}

describe('reading', () => {
  it('gives the moves of one channel, oldest first; a promotion belongs to its target', () => {
    expect(readMoves(file, 'stable', now)).toEqual([
      { version: '1.4.2', at: 1_794_000_000_000, actor: 'ci', reason: 'as planned' },
      { version: '1.5.0', at: 1_795_000_600_500, actor: 'ci', reason: 'as planned' },
    ]);
  });

  it('gives those of a time with how they came about, for records that have missed them', () => {
    const history = [
      ...file.history,
      row(1_795_000_700, 'rollback', 'stable', 'v1.5.0', '1.4.2'),
      row(1_795_000_800, 'by hand', 'stable', '', '1.4.3'),
    ];
    const moves = movesBetween({ ...file, history }, 'stable', 1_795_000_600_500, 1_795_000_800_000);
    expect(moves.map(({ at, cause, from, to }) => [at, cause, from, to])).toEqual([
      [1_795_000_700_000, 'rollback', '1.5.0', '1.4.2'],
      [1_795_000_800_000, 'set', undefined, '1.4.3'],
    ]);
    expect(movesBetween(file, 'stable', 1_794_000_000_000, 1_795_000_000_000)).toEqual([]);
  });

  it('adds what is live when the history does not know it', () => {
    const moves = readMoves(file, 'canary', now);
    expect(moves.map(({ version, at }) => [version, at])).toEqual([
      ['1.5.0', 1_795_000_000_000],
      ['1.6.0', now],
    ]);
  });

  it('takes a time of 0 for one that nobody noted: not for half a century of health', () => {
    const undated: Registry = {
      ...file,
      history: [row(0, 'set', 'stable', '', '1.4.1'), ...file.history],
    };
    const [first, second] = readMoves(undated, 'stable', now);
    expect(first).toMatchObject({ version: '1.4.1', at: second?.at });
    const live = {
      ...emptyRegistry,
      channels: { stable: { version: '1.0.0', rollout_percent: 9, updated_at: 0 } },
    };
    expect(readMoves(live, 'stable', now)).toMatchObject([{ version: '1.0.0', at: now }]);
  });

  it('knows versions as people type them', () => {
    const prefixed: Registry = {
      ...emptyRegistry,
      history: [row(1_794_000_000, 'set', 'stable', '', 'v1.4.2')],
    };
    expect(readMoves(prefixed, 'stable', now)).toMatchObject([{ version: '1.4.2' }]);
  });

  it('finds nothing about a channel that is not there', () => {
    expect(readMoves(file, 'beta', now)).toEqual([]);
  });

  it.each([
    ['another version of the file', { version: 2 }],
    [
      'a version that is none',
      { channels: { stable: { version: 'latest', rollout_percent: 1, updated_at: 0 } } },
    ],
    [
      'more than everybody',
      { channels: { stable: { version: '1.0.0', rollout_percent: 101, updated_at: 0 } } },
    ],
    ['a time before time', { updated_at: -1 }],
    ['no history', { history: undefined }],
  ])('refuses %s', (_what, change) => {
    expect(registrySchema.safeParse({ ...file, ...change }).success).toBe(false);
  });
});

describe('writing', () => {
  const before = imported(file);

  it('what was read changes nothing but the time', () => {
    const written = writeRegistry(file, [before.state], keys, now);
    expect(written).toEqual({
      ...file,
      updated_at: now / 1_000,
      history: file.history.toSorted((a, b) => a.ts - b.ts),
    });
  });

  const after = before.when(
    { type: 'channel.set', version: '1.5.1', reason: 'a fix' },
    { at: hour, by: ana },
  );
  const written = writeRegistry(file, [after.state], keys, start + hour);

  it('adds our move, and leaves the channels that are not ours', () => {
    const seconds = (start + hour) / 1_000;
    expect(written.channels).toEqual({
      ...file.channels,
      stable: { version: '1.5.1', rollout_percent: 100, updated_at: seconds },
    });
    expect(written.history.slice(0, -1)).toEqual(file.history.toSorted((a, b) => a.ts - b.ts));
    expect(written.history.at(-1)).toEqual({
      ts: seconds,
      action: 'set',
      channel: 'stable',
      from_version: '1.5.0',
      to_version: '1.5.1',
      reason: 'a fix',
      actor: 'Ana Ruiz (slack)',
    });
  });

  it('writes a promotion as the real registry does: with an arrow, under its target', () => {
    const promoted = before.when(
      {
        type: 'channel.move',
        operation: 'OP-1',
        from: '1.5.0',
        version: '1.6.0',
        source: 'shop/canary',
        reason: 'runs well',
        actor: 'Ana Ruiz (slack)',
      },
      { at: hour },
    );
    const registry = writeRegistry(file, [promoted.state], keys, start + hour);
    expect(registry.history.at(-1)).toMatchObject({
      action: 'promote',
      channel: 'canary->stable',
      from_version: '1.5.0',
      to_version: '1.6.0',
    });
    expect(readMoves(registry, 'stable', now).at(-1)).toMatchObject({ version: '1.6.0' });
  });

  it('under other keys, when an app came or went, leaves none of before and tells no move twice', () => {
    const shop = policies.channels.apps['shop'];
    if (!shop) throw new Error('the policies are of another shop');
    const two = registryKeys({ ...policies, channels: { apps: { shop, blog: shop } } });
    const came = writeRegistry(written, [after.state], two, start + hour);
    expect(came.channels).toEqual({
      canary: file.channels['canary'],
      'shop/stable': written.channels['stable'],
    });
    expect(came.history.map(({ channel }) => channel)).toEqual([
      'shop/stable',
      'canary',
      // Somebody else's tool wrote it, and the move is ours by now.
      'shop/stable',
      'shop/stable',
    ]);
    // As versions of Lastgood before this one left it.
    const ours = written.history.filter(({ channel }) => channel !== 'canary');
    const doubled = { ...came, history: [...ours, ...came.history] };
    expect(writeRegistry(doubled, [after.state], two, start + hour)).toEqual(came);

    const went = writeRegistry(came, [after.state], keys, start + hour);
    expect(went.channels).toEqual(written.channels);
    expect(went.history.map(({ channel }) => channel)).toEqual(['stable', 'canary', 'stable', 'stable']);
  });

  it('leaves the key of an app to that app when another one is gone', () => {
    const gone = { ...before.state, id: 'channel:till/stable', name: 'till/stable' };
    const { channels } = writeRegistry(written, [after.state, gone], keys, start + hour);
    expect([channels['stable']?.version, channels['till/stable']?.version]).toEqual(['1.5.1', '1.5.0']);
  });

  it('twice is the same, and can be read again', () => {
    expect(writeRegistry(written, [after.state], keys, start + hour)).toEqual(written);
    expect(registrySchema.parse(JSON.parse(JSON.stringify(written)))).toEqual(written);
    expect(readMoves(written, 'stable', now).map(({ version }) => version)).toEqual([
      '1.4.2',
      '1.5.0',
      '1.5.1',
    ]);
  });

  it('tells what it knows to a file that was lost', () => {
    const anew = writeRegistry(emptyRegistry, [after.state], keys, start + hour);
    expect(anew.history.map(({ action, to_version }) => `${action} ${to_version}`)).toEqual([
      'import 1.4.2',
      'import 1.5.0',
      'set 1.5.1',
    ]);
  });

  it('keeps the 300 newest rows', () => {
    const many = Array.from({ length: 400 }, (_, n) => row(1_000 + n, 'set', 'beta', '', `1.${n}.0`));
    const { history } = writeRegistry({ ...file, history: many }, [after.state], keys, start + hour);
    expect(history).toHaveLength(300);
    expect(history.at(-1)?.to_version).toBe('1.5.1');
  });

  it('says nothing of a channel on which nothing is known to be live', () => {
    const empty = given(channelKind).when({
      type: 'channel.note-incident',
      incident: 'INC-1',
      severity: 'P0',
      conversation: 'C0',
    });
    expect(writeRegistry(emptyRegistry, [empty.state], keys, now).channels).toEqual({});
  });
});
