import { readSettings, secretsOf, switchedOff } from './config.ts';
import { readEnvironment } from './env-file.ts';
import { createLog } from './bot/log.ts';
import { loadErrorReports, noReports } from './bot/error-reports.ts';
import { startBot } from './bot/bot.ts';
import { sayStartFailure } from './bot/start-failure.ts';
import { watchPolicies } from './bot/policies.ts';
import { unhurriedPace } from './engine/pace.ts';
import { systemClock } from './engine/system-clock.ts';

/** `npm start`: the bot against real services. Exit 78 when the configuration is wrong; all of it is listed at once. */
async function main(): Promise<void> {
  const environment = readEnvironment();
  const read = environment.ok ? readSettings(environment.env) : environment;
  if (!read.ok)
    return give78(['Lastgood cannot start. Missing or wrong settings:', ...read.problems.map(indent)]);
  const { settings } = read;
  const reports = { current: noReports };
  const log = createLog({
    level: settings.logLevel,
    secrets: secretsOf(settings),
    write: (line) => void process.stdout.write(line),
    onError: (error) => reports.current.report(error),
  });
  const watched = await watchPolicies(settings.policiesDir, log);
  if (!watched.ok)
    return give78(['Lastgood cannot start. Mistakes in the policies:', ...watched.problems.map(indent)]);

  const bot = await startBot({
    settings,
    policies: watched.current,
    policyEdits: watched,
    clock: systemClock(),
    log,
    random: Math.random,
    pace: unhurriedPace,
    ...(environment.ok && { environment: environment.env }),
  });
  const off = switchedOff(settings);
  log.info({ url: bot.url, ...(off.length > 0 ? { off } : {}) }, 'Lastgood is ready');

  const stop = (signal: string): void => {
    log.info({ signal }, 'draining');
    watched.stop();
    void bot
      .stop()
      .then(() => reports.current.flush())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ error }, 'not everything could be finished; the next start goes on with it');
          process.exit(1);
        },
      );
  };
  // Everything is stored: dying and being started again is safer than going on in a state that nobody knows.
  process.once('uncaughtException', (error) => {
    log.error({ error }, 'an error that nobody caught; ending');
    process.exit(1);
  });
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  if (settings.sentryDsn) {
    reports.current = await loadErrorReports(settings.sentryDsn, secretsOf(settings)).catch(
      (error: unknown) => {
        log.error({ error }, 'our own errors are not reported: the Sentry SDK could not be loaded');
        return noReports;
      },
    );
  }
}

function indent(line: string): string {
  return `  ${line}`;
}

function give78(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exitCode = 78;
}

main().catch((error: unknown) => {
  const failure = sayStartFailure(error);
  process.stderr.write(`Lastgood cannot start. ${failure.message}\n`);
  process.exit(failure.exitCode);
});
