import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Question } from './client-process.ts';
import type { Load, Order } from './load.ts';
import { onCore } from './program.ts';
import type { Arrival } from './sink.ts';

/** Sends and receives, in a process of its own on a core of its own. */
export interface Client {
  /** Where pages, notifications and messages go. */
  readonly sink: string;
  readonly load: (order: Order) => Promise<Load>;
  /** Several at the same time; resolves when all have ended. */
  readonly loads: (orders: readonly Order[]) => Promise<readonly Load[]>;
  /** What has come in since it was last asked to forget. */
  readonly arrivals: () => Promise<readonly Arrival[]>;
  readonly forget: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const program = fileURLToPath(new URL('client-process.js', import.meta.url));

export async function startClient(): Promise<Client> {
  const [command, ...argv] = onCore('client', [process.execPath, program]);
  const child = spawn(command, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

  async function ask(question: Question): Promise<unknown> {
    const answered = once(child, 'message');
    child.send(question);
    const [answer] = (await answered) as [{ readonly said?: unknown; readonly failed?: string }];
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer.said;
  }

  const loads = async (orders: readonly Order[]) => (await ask({ ask: 'load', orders })) as readonly Load[];
  return {
    sink: (await ask({ ask: 'sink' })) as string,
    loads,
    load: async (order) => {
      const [only] = await loads([order]);
      if (!only) throw new Error('the client has lost what it measured');
      return only;
    },
    arrivals: async () => (await ask({ ask: 'arrivals' })) as readonly Arrival[],
    forget: async () => void (await ask({ ask: 'forget' })),
    close: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
