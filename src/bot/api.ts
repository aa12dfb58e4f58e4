import { interpretByName } from '../../commands/by-name.ts';
import type { Clock } from '../core/clock.ts';
import type { Channel } from '../core/channel/state.ts';
import type { Incident } from '../core/incident/state.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { StreamName } from '../core/stream.ts';
import type { Log } from '../engine/log.ts';
import type { ApiHandlers } from '../http/api/api.ts';
import type { KnownChannel } from '../http/api/channel-shapes.ts';
import type { Page } from '../http/api/page.ts';
import { StoreUnavailable, type Store } from '../store/store.ts';
import { callerOf, type ApiTokens } from '../trust/api-token.ts';
import type { GithubCaller } from '../trust/github-caller.ts';
import type { Desk } from './desk.ts';

/** What the API serves: the same desk as Slack's, and looks into the store. */
export function serveApi(parts: {
  readonly store: Store;
  readonly desk: Desk;
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly tokens: ApiTokens;
  /** Undefined where no job of GitHub Actions is let in. */
  readonly githubCaller?: GithubCaller | undefined;
  /** Why nothing is taken at this moment; undefined when it is. */
  readonly closed: () => string | undefined;
  readonly log: Log;
}): Omit<ApiHandlers, 'reports' | 'versionStatus' | 'backUp' | 'audit'> {
  const { store, desk, policies, clock, tokens, githubCaller, closed, log } = parts;

  async function list<State>(kind: StreamName, page: Page): Promise<readonly State[]> {
    const { openOnly, limit, before } = page;
    const cursor = before === undefined ? {} : { before };
    const streams = await store.listStreams(kind, { openOnly, limit, ...cursor });
    return streams.map(({ state }) => state as State);
  }

  return {
    callerOf: async (authorization, via) => {
      const letIn = callerOf(tokens, authorization, policies().roster, via);
      return 'caller' in letIn ? letIn : ((await githubCaller?.(authorization, via)) ?? letIn);
    },
    closed,
    isOutage: (error) => error instanceof StoreUnavailable,
    failed: (error, path) => log.error({ error, path }, 'a request to the API could not be stored'),
    now: clock.now,
    carryOut: async ({ name, said, by, once }) => {
      const asker = { by, at: clock.now(), policies: policies() };
      const ask = await desk.understand(asker, (asking) => interpretByName(name, said, asking));
      return desk.carryOut(ask, asker, once ? { once } : {});
    },
    look: {
      now: clock.now,
      policies,
      incidents: (page) => list<Incident>('incident', page),
      operations: (page) => list<Operation>('operation', page),
      channels: async () => {
        const streams = await store.listStreams('channel');
        return knownChannels(
          policies(),
          streams.map(({ state }) => state as Channel),
        );
      },
      operation: async (id) => {
        const stored = await store.readStream(id);
        return stored?.kind === 'operation' ? (stored.state as Operation) : undefined;
      },
      story: desk.story,
    },
  };
}

function knownChannels({ channels }: Policies, states: readonly Channel[]): readonly KnownChannel[] {
  return Object.entries(channels.apps).flatMap(([app, policy]) =>
    Object.entries(policy.channels).map(([channel, { healthy_after: healthyAfter, promotion }]) => {
      const name = `${app}/${channel}`;
      const promotedFrom = (promotion?.from ?? []).map((source) => `${app}/${source}`);
      return { name, healthyAfter, promotedFrom, state: states.find((state) => state.name === name) };
    }),
  );
}
