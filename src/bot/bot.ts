import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { slashCommands } from '../../commands/index.ts';
import type { Clock } from '../core/clock.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Settings } from '../config.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { createInbox, NotNow } from '../engine/inbox.ts';
import type { Log } from '../engine/log.ts';
import type { PaceSettings } from '../engine/pace.ts';
import type { Environment } from '../executors/variables.ts';
import { apiRoutes } from '../http/api/api.ts';
import { healthRoutes } from '../http/health.ts';
import { metricsRoute } from '../http/metrics.ts';
import { startHttpServer, type HttpServer } from '../http/server.ts';
import { webhookRoutes } from '../http/webhooks.ts';
import { countAnswer } from '../metrics/count-answer.ts';
import { countRepeats } from '../metrics/count-repeats.ts';
import { measuredStore } from '../metrics/measured-store.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { createSlackApp } from '../slack/app.ts';
import { slackClients, workspaceOf } from '../slack/clients.ts';
import { politeFetch } from '../slack/polite-fetch.ts';
import { slackReceiver } from '../slack/receiver.ts';
import { openStore } from '../store/open-store.ts';
import { storeIdOf, takesUnmarkedButtons, trailIdOf } from '../store/store-id.ts';
import type { InboxItem, Store } from '../store/store.ts';
import { signerOf } from '../trust/signing-key.ts';
import { ownVersion } from '../terminal/version.ts';
import { githubCaller } from '../trust/github-caller.ts';
import { webhookDoors } from '../trust/webhook-doors.ts';
import { takeUpRestored } from './after-restore.ts';
import { serveApi } from './api.ts';
import { inside, nothing, type Around } from './around.ts';
import { anchoragesOf } from './anchor-places.ts';
import { createAnchors } from './anchors.ts';
import { backlogNotes, setAsideNotes } from './backlog.ts';
import { downloadOf, forgetUnfinished, startBackups } from './backups.ts';
import { allCarriers } from './carriers.ts';
import { commonClock } from './common-clock.ts';
import { createDesk, type Desk } from './desk.ts';
import { examineItself } from './examine-itself.ts';
import { fitness } from './fitness.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import { freezeNotes } from './freeze-notes.ts';
import { readMarkedMessages } from './marked-messages.ts';
import type { PolicyEdits } from './policies.ts';
import { startJobs } from './jobs.ts';
import { metricsPage } from './metrics-page.ts';
import { tellOutage } from './own-outage.ts';
import { notesOnPolicies } from './policy-mistakes.ts';
import { quarantine } from './quarantine.ts';
import { readiness } from './readiness.ts';
import { createSelfAudit, type SelfAudit } from './self-audit.ts';
import { importIntents, knowsChannels, openRegistry, registryFile } from './registry.ts';
import { watchRegistry } from './registry-watch.ts';
import { createRepeats } from './repeats.ts';
import { reportBodies } from './report-bodies.ts';
import { createReleaseBots, type ReleaseBots } from './release-bots.ts';
import { serveSlack, unlessStopping } from './serve-slack.ts';
import { rememberSlackSite } from './slack-site.ts';
import { shoutOnce } from './shout-once.ts';
import { slackIntake } from './slack-intake.ts';
import { tracesFor } from './traces-for.ts';
import { versionStatusList } from './version-status.ts';
import { callForTooLarge } from './too-large.ts';
import { webhookIntake } from './webhook-intake.ts';
import { webhookReaders, webhookSources } from './webhooks.ts';

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
/** As long as whoever sends much at once needs to send the next, once they were answered. */
const aMoment = 2;
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
  /** How long cards and lines take their time; left out: they leave at once. */
  readonly pace?: PaceSettings;
  /** Left out, as in production: nothing. */
  readonly around?: Around;
}): Promise<Bot> {
  // How fresh a signature is, is between its sender and this machine; whatever is stored goes by `clock`.
  const { settings, policies, policyEdits, clock: machine, log } = options;
  const traces = await tracesFor(settings, log);
  const around = inside(options.around ?? nothing, traces);
  const opened = await openStore(settings, {
    now: machine.now,
    warn: (fields, text) => log.warn(fields, text),
  });
  const doors = webhookDoors({ tokens: settings.webhookTokens, secrets: settings.webhookSecrets });
  const metrics = createMetrics({
    sources: ['slack', 'api', ...doors.map(({ source }) => source)],
    build: { version: ownVersion(), store: settings.databaseUrl ? 'postgres' : 'sqlite' },
  });
  const store = around.store(measuredStore(opened, metrics, () => opened.time() ?? machine.now()));
  const clock = commonClock(store, machine);
  const closeOnFailure: (() => Promise<unknown>)[] = [() => store.close()];
  try {
    const storeId = await storeIdOf(store, options.drawStoreId);
    const registry = await openRegistry(
      join(settings.securityDir, registryFile),
      opened.documents,
      await knowsChannels(store),
    );
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
      around,
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
      ...(options.pace === undefined ? {} : { pace: options.pace }),
      caughtUp: (outage) => outageTold(outage),
    });
    const shout = shoutOnce({ store, policies, now: clock.now, engine });
    const outageTold = tellOutage({ store, shout });
    const { signingKey } = settings;
    const selfAudit = createSelfAudit({
      store,
      storeId: await trailIdOf(store, storeId),
      signingKey,
      clock,
      log,
      shout,
    });
    const desk = createDesk(store, engine, policies, () =>
      examineItself(settings, environment, store, clock, notes),
    );
    const releaseBots = createReleaseBots({ store, engine, policies, now: clock.now });

    const moment = () => sleep(aMoment);
    const repeats = createRepeats({ store, policies, now: clock.now, sources: webhookSources, moment });
    const inbox = createInbox({
      store,
      clock,
      log,
      moment,
      quarantined: (item, why) =>
        quarantine({ store, engine, log, slackUrl: access.apiUrl }, policies(), item, why, clock.now()),
      readers: [
        ...webhookReaders({ store, engine, policies, now: clock.now, log, repeats }),
        { source: 'slack', inOrder: false, read: (item: InboxItem) => readSlackItem(item) },
      ].map((reader) => traces?.reader(reader) ?? reader),
    });
    const home = { storeId, takesUnmarked: await takesUnmarkedButtons(store) };
    const stopping = new AbortController();
    // Each look-up of a person listens; in a storm there are more than the ten at which Node suspects a leak.
    setMaxListeners(0, stopping.signal);
    const receiver = slackReceiver();
    const places = anchoragesOf(settings, stopping.signal);
    const anchors = createAnchors({ store, places, now: clock.now, log });
    const notes = () => [
      ...intake.notes(),
      ...setAsideNotes(inbox.setAside()),
      ...(heartbeat?.notes() ?? []),
      ...selfAudit.notes(),
      ...anchors.notes(),
      ...notesOnPolicies(policyEdits),
    ];
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
    const unready = readiness({ store, state, now: clock.now });
    const audited = selfAudit.lastAudit;
    let heartbeat: Heartbeat | undefined;
    const http = await startHttpServer({
      ...settings,
      failed: (error, path) => log.error({ error, path }, 'a request failed'),
      answered: (route, status) => countAnswer(metrics, route, status),
      routes: [
        metricsRoute(metricsPage({ metrics, store, unready, audited, now: clock.now })),
        ...intake.routes,
        ...webhookRoutes({
          doors,
          now: machine.now,
          receive: countRepeats(metrics, webhookIntake({ inbox, repeats, now: clock.now })),
          tooLarge: callForTooLarge({ engine, policies, now: clock.now, log }),
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
            githubCaller: settings.githubOidc && githubCaller(settings.githubOidc, machine.now, log),
            closed: () =>
              state.draining ? 'Lastgood is stopping' : state.started ? undefined : 'Lastgood is starting',
          }),
          reports: { ...releaseBots, bodies: reportBodies },
          backUp: downloadOf(opened, settings.dataDir, clock),
          audit: { ...store.audit, state: selfAudit.state },
          versionStatus:
            settings.signingKey &&
            versionStatusList({
              store,
              storeId,
              signer: signerOf(settings.signingKey),
              policies,
              now: clock.now,
            }),
        }),
        ...healthRoutes({
          unready,
          notes: async () => [
            ...(await freezeNotes(store)),
            ...(await backlogNotes(store, engine.silent(), clock.now())),
            ...notes(),
          ],
        }),
      ].map((route) => traces?.route(route) ?? route),
    });
    closeOnFailure.unshift(() => http.close());

    const imports = importIntents(registry.read(), policies(), clock.now());
    if (imports.length > 0) await engine.submit(imports);
    await watch.check();
    await takeUpRestored({ store, submit: engine.submit, shout, policies, now: clock.now });
    await engine.start();
    await inbox.start();
    state.started = true;
    intake.start();
    const busy = (): Promise<unknown> | undefined => inbox.working() ?? engine.working();
    const stopJobs = await startJobs({
      store,
      engine,
      audit: selfAudit,
      anchors,
      policies,
      policyEdits,
      settings,
      clients,
      clock,
      log,
      checkRegistry: watch.check,
    });
    await forgetUnfinished(settings.dataDir, machine);
    const stopBackups = await startBackups({
      store: opened,
      storeId,
      dir: settings.backupDir,
      clock,
      log,
      shout,
    });
    const { heartbeatUrl: url } = settings;
    const unfit = fitness({ store, unready, audited, now: clock.now });
    // The first sign is given when the first audit is over, and not withheld because it is not.
    if (url)
      void selfAudit.look('new').then(() => {
        if (!state.draining) heartbeat = startHeartbeat({ url, unfit, metrics, clock: machine, log });
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
        heartbeat?.stop();
        setTimeout(() => stopping.abort(), lookUpsEndWithin).unref();
        await stopJobs();
        await stopBackups();
        await intake.stop();
        await stopAll(http, inbox, engine, selfAudit, store);
        await traces?.stop();
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
  audit: SelfAudit,
  store: Store,
): Promise<void> {
  await http.close();
  await inbox.stop();
  await engine.stop();
  await audit.stop();
  await store.close();
}
