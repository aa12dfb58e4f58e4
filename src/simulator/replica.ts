import { setMaxListeners } from 'node:events';
import { serveApi } from '../bot/api.ts';
import { commonClock } from '../bot/common-clock.ts';
import { createDesk } from '../bot/desk.ts';
import { quarantine } from '../bot/quarantine.ts';
import { tellOutage } from '../bot/own-outage.ts';
import { importIntents } from '../bot/registry.ts';
import { createReleaseBots, type ReleaseBots } from '../bot/release-bots.ts';
import { serveSlack } from '../bot/serve-slack.ts';
import { shoutOnce } from '../bot/shout-once.ts';
import { createRepeats } from '../bot/repeats.ts';
import { webhookIntake } from '../bot/webhook-intake.ts';
import { webhookReaders, webhookSources } from '../bot/webhooks.ts';
import type { Clock } from '../core/clock.ts';
import { answer } from '../core/answer.ts';
import type { Registry } from '../core/channel/registry.ts';
import type { AnyCarrier } from '../core/effect.ts';
import type { Policies } from '../core/policies/policies.ts';
import { createEngine } from '../engine/engine.ts';
import { createInbox, type Inbox } from '../engine/inbox.ts';
import type { Log } from '../engine/log.ts';
import { systemClock } from '../engine/system-clock.ts';
import type { SlackClients } from '../slack/clients.ts';
import { storeIdOf } from '../store/store-id.ts';
import type { InboxItem, Store } from '../store/store.ts';
import { sealTrail } from '../trust/audit/seal.ts';
import type { Ask } from './neighbour.ts';
import type { Process } from './process.ts';

/** What a replica listens to once it is ready. */
export interface Replica {
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly takeWebhook: ReturnType<typeof webhookIntake>;
  readonly api: ReturnType<typeof serveApi>;
  readonly releaseBots: ReleaseBots;
  /** As `stop` of the bot: what it has taken is brought as far as it gets in a few seconds. */
  readonly stop: () => Promise<void>;
}

/** What somebody did in Slack, as it stands in the inbox here; Bolt and its payloads are not part of this. */
export type SlackDeed = { readonly userId: string; readonly at: number } & (
  { readonly command: string; readonly text: string } | { readonly actionId: string; readonly value: unknown }
);

const sealEvery = 600_000;
const lookUpsEndWithin = 1_000;
const aMoment = 2;

export const storeId = 's1mu1a';

/** Puts a bot together as `src/bot/bot.ts` does, of real parts wherever they need no socket and no file. */
export async function startReplica(parts: {
  readonly process: Process;
  readonly store: Store;
  /** The machine's clock. */
  readonly now: () => number;
  readonly policies: () => Policies;
  readonly registry: Registry;
  readonly carriers: readonly AnyCarrier[];
  readonly ask: Ask;
  readonly random: () => number;
  readonly log: Log;
}): Promise<Replica> {
  const { process, store, policies, log, random } = parts;
  const machine = systemClock({ now: parts.now, after: process.later });
  const clock = commonClock(store, machine);
  await storeIdOf(store, () => storeId);
  const shout = shoutOnce({ store, policies, now: clock.now, engine: { poke: () => engine.poke() } });
  const engine = createEngine({
    store,
    storeId,
    clock,
    policies,
    carriers: parts.carriers,
    random,
    log,
    deadline: process.deadline,
    caughtUp: tellOutage({ store, shout }),
  });
  const desk = createDesk(store, engine, policies, async () => answer('info', 'All is well.'));
  const stopping = new AbortController();
  // Each look-up of a person listens.
  setMaxListeners(0, stopping.signal);
  const slack = serveSlack({
    engine,
    desk,
    policies,
    clock,
    clients: { interaction: directory(process, parts.ask) } as unknown as SlackClients,
    workspace: async () => workspace,
    home: { storeId, takesUnmarked: false },
    stopping: stopping.signal,
  });
  const repeats = createRepeats({
    store,
    policies,
    now: clock.now,
    sources: webhookSources,
    moment: () => new Promise<void>((resolve) => process.later(aMoment, resolve)),
  });
  const inbox = createInbox({
    store,
    clock,
    log,
    quarantined: (item, why) =>
      quarantine(
        { store, engine, log, slackUrl: 'https://slack.com/api/' },
        policies(),
        item,
        why,
        clock.now(),
      ),
    readers: [
      ...webhookReaders({ store, engine, policies, now: clock.now, log, repeats }),
      { source: 'slack', inOrder: false, read: (item) => readDeed(slack, item) },
    ],
  });
  const imports = importIntents(parts.registry, policies(), clock.now());
  if (imports.length > 0) await engine.submit(imports);
  await engine.start();
  await inbox.start();
  const seal = () => sealTrail(store.audit, { store: storeId, now: clock.now, signer: undefined });
  process.every(sealEvery, () =>
    seal().then(
      () => undefined,
      () => undefined,
    ),
  );
  return {
    clock,
    inbox,
    takeWebhook: webhookIntake({
      inbox,
      repeats,
      now: clock.now,
      drawId: () => String(Math.floor(random() * 2 ** 30)),
    }),
    releaseBots: createReleaseBots({ store, engine, policies, now: clock.now }),
    stop: async () => {
      process.later(lookUpsEndWithin, () => stopping.abort());
      await inbox.stop();
      await engine.stop();
      await store.close();
    },
    api: serveApi({
      store,
      desk,
      policies,
      clock,
      tokens: {},
      githubCaller: undefined,
      closed: () => undefined,
      log,
    }),
  };
}

const workspace = {
  teamId: 'T1',
  enterpriseId: undefined,
  wholeEnterprise: false,
  botId: 'B1',
  botUserId: 'U0BOT',
};

async function readDeed(slack: ReturnType<typeof serveSlack>, item: InboxItem): Promise<void> {
  const deed = JSON.parse(item.body) as SlackDeed;
  const responseUrl = `https://hooks.slack.com/${item.id}`;
  const from = { userId: deed.userId, conversation: 'C1', responseUrl, inboxId: item.id, at: deed.at };
  if ('command' in deed) await slack.onCommand({ ...from, ...deed });
  else await slack.onClick({ ...from, ...deed, messageTs: '1' });
}

/** `users.info`, which may fail as everything in Slack may. */
function directory(process: Process, ask: Ask) {
  const info = async ({ user }: { readonly user: string }) => {
    const reply = await ask(process, 'slack', () => ({ id: user, team_id: 'T1', name: user }));
    if (reply.is !== 'answered') throw new Error(`Slack did not say who ${user} is`);
    return { user: reply.value };
  };
  return { users: { info } };
}
