import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { slashCommands } from '../../commands/index.ts';
import type { Clock } from '../core/clock.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Settings } from '../config.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { createInbox, NotNow } from '../engine/inbox.ts';
import type { Log } from '../engine/log.ts';
import type { Environment } from '../executors/variables.ts';
import { apiRoutes } from '../http/api/api.ts';
import { healthRoutes } from '../http/health.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import { webhookRoutes } from '../http/webhooks.ts';
import { createSlackApp } from '../slack/app.ts';
import { slackClients, workspaceOf } from '../slack/clients.ts';
import { politeFetch } from '../slack/polite-fetch.ts';
import { slackReceiver } from '../slack/receiver.ts';
import { openStore } from '../store/open-store.ts';
import { storeIdOf, takesUnmarkedButtons } from '../store/store-id.ts';
import type { InboxItem, Store } from '../store/store.ts';
import { webhookDoors } from '../trust/webhook-doors.ts';
import { serveApi } from './api.ts';
import { backlogNotes } from './backlog.ts';
import { allCarriers } from './carriers.ts';
import { commonClock } from './common-clock.ts';
import { createDesk, type Desk } from './desk.ts';
import { examineItself } from './examine-itself.ts';
import { readMarkedMessages } from './marked-messages.ts';
import type { PolicyEdits } from './policies.ts';
import { startJobs } from './jobs.ts';
import { notesOnPolicies } from './policy-mistakes.ts';
import { quarantine } from './quarantine.ts';
import { importIntents, knowsChannels, openRegistry, registryFile } from './registry.ts';
import { watchRegistry } from './registry-watch.ts';
import { reportBodies } from './report-bodies.ts';
import { createReleaseBots, type ReleaseBots } from './release-bots.ts';
import { serveSlack, unlessStopping } from './serve-slack.ts';
import { rememberSlackSite } from './slack-site.ts';
import { slackIntake } from './slack-intake.ts';
import { webhookItem } from './webhook-item.ts';
import { webhookReaders } from './webhooks.ts';

export interface Bot {
  readonly url: string;
  readonly store: Store;
  readonly engine: Engine;
  readonly desk: Desk;
  readonly releaseBots: ReleaseBots;
  /** Notices what others wrote into the registry file; also happens by itself every few minutes. */
  readonly checkRegistry: () => Promise<void>;
  /** Resolves when Slack has been asked who we are, and has answered or not. */
  readonly slackAsked: Promise<void>;
  /** Resolves when everything that is due has been done. */
  readonly quiet: () => Promise<void>;
  /** Takes nothing new, finishes what is under way, closes the store. */
  readonly stop: () => Promise<void>;
}

const slackTimeout = 10_000;
/** So long Slack has, once we stop, to say who has asked for something; at the next start it is asked again. */
const lookUpsEndWithin = 1_000;

/** Puts the whole product together and starts it: everything real, wherever the settings point. */
export async function startBot(options: {
  readonly settings: Settings;
  readonly policies: () => Policies;
  /** What came of editing them, to be told; left out: nobody edits them. */
  readonly policyEdits?: PolicyEdits;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** What a new store is called; left out: drawn. */
  readonly drawStoreId?: () => string;
  /** What steps may name by its variables; left out: nothing. */
  readonly environment?: Environment;
  /** How many effects may be on their way at once. */
  readonly mostInFlight?: number;
}): Promise<Bot> {
  // How fresh a signature is, is between its sender and this machine; whatever is stored goes by `clock`.
  const { settings, policies, policyEdits, clock: machine, log } = options;
  const store = await openStore(settings, {
    now: machine.now,
    warn: (fields, text) => log.warn(fields, text),
  });
  const clock = commonClock(store, machine);
  const closeOnFailure: (() => Promise<unknown>)[] = [() => store.close()];
  try {
    const storeId = await storeIdOf(store, options.drawStoreId);
    const registry = await openRegistry(join(settings.securityDir, registryFile), await knowsChannels(store));
    const access = {
      ...settings.slack,
      token: settings.slack.botToken,
      timeout: slackTimeout,
      log,
    };
    const clients = slackClients(access, politeFetch(clock.now));
    const site = await rememberSlackSite(store, log);
    const workspace = site.learning(workspaceOf(clients.interaction));

    const watch = watchRegistry({
      store,
      policies,
      log,
      document: registry,
      now: clock.now,
      submit: (envelopes) => engine.submit(envelopes),
      poke: () => engine.poke(),
    });

    const { environment = {} } = options;
    const carriers = allCarriers({
      settings,
      environment,
      policies,
      now: clock.now,
      clients,
      slackTimeout,
      site,
      storeId,
      readPostmortem: async (incident) => {
        const told = await desk.story(incident);
        if (!told) throw new Error(`${incident} is not in the store`);
        return told.postmortem;
      },
      others: [watch.carrier],
    });
    const engine = createEngine({
      store,
      storeId,
      clock,
      policies,
      carriers,
      random: options.random,
      log,
      ...(options.mostInFlight === undefined ? {} : { mostInFlight: options.mostInFlight }),
    });
    const desk = createDesk(store, engine, policies, () =>
      examineItself(settings, environment, store, clock, notes),
    );
    const releaseBots = createReleaseBots({ store, engine, policies, now: clock.now });

    const inbox = createInbox({
      store,
      clock,
      log,
      quarantined: (item, why) =>
        quarantine({ store, engine, log, slackUrl: access.apiUrl }, policies(), item, why, clock.now()),
      readers: [
        ...webhookReaders({ store, engine, policies, now: clock.now, log }),
        { source: 'slack', inOrder: false, read: (item) => readSlackItem(item) },
      ],
    });
    const home = { storeId, takesUnmarked: await takesUnmarkedButtons(store) };
    const stopping = new AbortController();
    // Each look-up of a person listens; in a storm there are more than the ten at which Node suspects a leak.
    setMaxListeners(0, stopping.signal);
    const receiver = slackReceiver();
    const notes = () => [...intake.notes(), ...notesOnPolicies(policyEdits)];
    const intake = slackIntake({ ...access, clock: machine, random: options.random, receive: inbox.receive });
    createSlackApp({
      ...access,
      ...serveSlack({ engine, desk, policies, clock, clients, workspace, home, stopping: stopping.signal }),
      onMarked: readMarkedMessages({ bots: releaseBots, policies, log }),
      receiver,
      workspace,
      commands: slashCommands.map((command) => `/${command}`),
    });

    async function readSlackItem(item: InboxItem): Promise<void> {
      // Nobody can be identified while Slack does not even say who we are.
      await unlessStopping(workspace(), stopping.signal).catch((error: unknown) => {
        throw new NotNow('Slack does not answer', { cause: error });
      });
      const processed = await receiver.process(item);
      if (processed.status === 'handled') return;
      await store.transact((transaction) => transaction.settleInbox(item.id, 'done', processed.why));
    }

    const state = { started: false, draining: false };
    const http = await startHttpServer({
      ...settings,
      failed: (error, path) => log.error({ error, path }, 'a request failed'),
      routes: [
        ...intake.routes,
        ...webhookRoutes({
          doors: webhookDoors({ tokens: settings.webhookTokens, secrets: settings.webhookSecrets }),
          now: machine.now,
          receive: async (door, request) => {
            await inbox.receive(webhookItem(door, request, clock.now()));
          },
          failed: (error, source) => log.error({ error, source }, 'a webhook could not be stored'),
        }),
        ...apiRoutes({
          ...serveApi({
            store,
            desk,
            policies,
            clock,
            log,
            tokens: settings.apiTokens,
            closed: () =>
              state.draining ? 'Lastgood is stopping' : state.started ? undefined : 'Lastgood is starting',
          }),
          reports: { ...releaseBots, bodies: reportBodies },
        }),
        ...healthRoutes({
          probe: () => store.writeMark('probed-at', String(clock.now())),
          draining: () => state.draining,
          notes: async () => [...(await backlogNotes(store, engine.silent(), clock.now())), ...notes()],
        }),
      ],
    });
    closeOnFailure.unshift(() => http.close());

    const imports = importIntents(registry.read(), policies(), clock.now());
    if (imports.length > 0) await engine.submit(imports);
    await watch.check();
    await engine.start();
    await inbox.start();
    state.started = true;
    intake.start();
    const busy = (): Promise<unknown> | undefined => inbox.working() ?? engine.working();
    const stopJobs = await startJobs({
      store,
      engine,
      policies,
      policyEdits,
      settings,
      clients,
      clock,
      log,
      checkRegistry: watch.check,
    });
    // Nothing waits for it: pages go out by other ways while Slack is away. But somebody should know.
    const slackAsked = workspace().then(
      () => undefined,
      (error: unknown) =>
        log.warn(
          { error },
          'Slack does not answer, or does not accept SLACK_BOT_TOKEN; it is asked again when needed',
        ),
    );
    return {
      url: http.url,
      store,
      engine,
      desk,
      releaseBots,
      checkRegistry: watch.check,
      slackAsked,
      quiet: async () => {
        for (let work = busy(); work; work = busy()) await work;
      },
      stop: async () => {
        state.draining = true;
        setTimeout(() => stopping.abort(), lookUpsEndWithin).unref();
        await stopJobs();
        await intake.stop();
        await stopAll(http, inbox, engine, store);
      },
    };
  } catch (error) {
    for (const close of closeOnFailure) await close();
    throw error;
  }
}

async function stopAll(
  http: HttpServer,
  inbox: { readonly stop: () => Promise<void> },
  engine: Engine,
  store: Store,
): Promise<void> {
  await http.close();
  await inbox.stop();
  await engine.stop();
  await store.close();
}
