import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { botSideOf } from './bot-side.ts';
import { examplePolicies } from './example-policies.ts';
import { takeFolder } from './folder.ts';
import { movableClock } from './movable-clock.ts';
import { pageRoutes } from './page/server.ts';
import { workspaceOfNeighbours } from './page/workspace-of-neighbours.ts';
import type { Workspace } from './page/workspace.ts';
import { endWith } from './start-failure.ts';
import { startWorld } from './world.ts';

interface Running {
  readonly workspace: Workspace;
  readonly close: () => Promise<void>;
}

/** `npm run sandbox -- --port N --data DIR`: one page, and behind it the real bot among emulated neighbours. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      data: { type: 'string', default: './data/sandbox' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`--port takes a number up to 65535, not “${values.port}”`);

  // Whoever has set LASTGOOD_URL finds the next world there, too.
  let botPort = 0;
  let current = await begin(values.data);
  async function begin(root: string): Promise<Running> {
    await takeFolder(root);
    const clock = movableClock({ start: Date.now(), running: true });
    const world = await startWorld({
      root,
      policies: examplePolicies,
      clock,
      port: botPort,
      random: Math.random,
      logLevel: 'warn',
      writeLog: (line) => void process.stderr.write(line),
    });
    botPort = Number(new URL(world.bot().url).port);
    const side = botSideOf(world, async () => {
      await current.close();
      current = await begin(root);
    });
    const { slack, github, pagerduty, sentry, mail } = world;
    return {
      workspace: workspaceOfNeighbours({ slack, github, pagerduty, sentry, mail }, side),
      close: async () => {
        await side.stop();
        await world.close();
      },
    };
  }

  const page = pageRoutes(() => current.workspace);
  const server = createServer((request, response) => {
    if (page(request, response)) return;
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end('There is nothing here. The sandbox is at /\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  console.log(
    `\n  The sandbox is open: ${url}\n\n  Everything in it is emulated; its state is in ${values.data}. Stop it with Ctrl+C.\n`,
  );

  const stop = (): void => {
    server.closeAllConnections();
    server.close();
    void current.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => endWith('The sandbox cannot start.', error));
