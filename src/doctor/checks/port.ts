import { createServer } from 'node:net';
import { sayStartFailure } from '../../bot/start-failure.ts';
import { ask, NoAnswer } from '../../executors/ask.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** Where the bot listens: free, or taken by a Lastgood. */
export const port: Check = {
  area: 'Machine',
  name: 'PORT',
  look: async ({ settings: { host, port }, probeStore, botUrl }, signal) => {
    if (probeStore) return [ok('PORT', `${port} is where this bot listens`)];
    const failure = await tryToListen(host, port);
    if (!failure) return [ok('PORT', `${port} is free, so no bot is running here`)];
    if (failure.code === 'EADDRINUSE' && (await isLastgood(botUrl, signal)))
      return [ok('PORT', `a running Lastgood answers at ${botUrl}`)];
    return [wrong('PORT', sayStartFailure(failure).message)];
  },
};

function tryToListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function isLastgood(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { status, text } = await ask(`${url}/healthz`, { signal, timeout: checkTimeout });
    return status === 200 && text === 'ok\n';
  } catch (error) {
    if (error instanceof NoAnswer) return false;
    throw error;
  }
}
