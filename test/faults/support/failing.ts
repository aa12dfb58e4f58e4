import { fileURLToPath } from 'node:url';
import { failpoints, type Failpoint } from '../../../src/failpoints/failpoints.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { addressIn, launch, until, type Ended, type Environment } from './process.ts';

/** At the n-th crossing of any of these (left out: the first), a process is killed (left out, too), or frozen. */
export interface Plan {
  readonly at: readonly Failpoint[];
  readonly crossing?: number;
  readonly how?: 'kill' | 'freeze';
}

const program = fileURLToPath(new URL('failing-process.mjs', import.meta.url));

/** Starts the bot with something planned for it; it may be over before it is ready. */
export function launchFailing(environment: Environment, plan: Plan) {
  return launch(environment, { program: [program, JSON.stringify(plan)] });
}

export interface Keeper {
  /** Where it was killed, in that order. */
  readonly deaths: readonly Failpoint[];
  /** Rejects when it ends by anything but its plan. */
  readonly broken: Promise<never>;
  /** `kill -9` now, wherever it is; the next one is started with a plan of its own. */
  readonly renew: () => void;
  /** SIGTERM to the one that runs. */
  readonly terminate: () => Promise<Ended>;
  readonly kill: () => Promise<void>;
}

/** Starts a process again whenever it dies, as systemd would, each with a plan of its own. */
export function keepRunning(options: {
  readonly town: Neighbourhood;
  readonly environment: Environment;
  readonly plan: (deaths: readonly Failpoint[]) => Plan;
  /** Before it is started again. */
  readonly onDeath?: () => Promise<void>;
}): Keeper {
  const { town, environment, plan } = options;
  const deaths: Failpoint[] = [];
  const state: State = { ended: false, renewed: false, current: undefined };

  async function keep(): Promise<never> {
    while (!state.ended) {
      const child = launchFailing(environment, plan(deaths));
      state.current = child;
      child.child.stdout.on('data', () => {
        const url = addressIn(child.log());
        if (url !== undefined) town.movedTo(url);
      });
      const { code, stderr } = await child.ended;
      state.current = undefined;
      const point = failpoints.find((each) => stderr.includes(`kill at: ${each}\n`));
      if (point !== undefined) deaths.push(point);
      else if (!state.renewed && !state.ended)
        throw new Error(`it ended with ${code}: ${stderr}\n${child.log()}`);
      state.renewed = false;
      await options.onDeath?.();
    }
    return new Promise(() => undefined);
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended> {
    state.ended = true;
    const { current } = state;
    current?.child.kill(signal);
    return (await current?.ended) ?? { code: null, stdout: '', stderr: '' };
  }

  const broken = keep();
  // Whoever waits for it hears of it; nobody else has to.
  broken.catch(() => undefined);
  return {
    deaths,
    broken,
    renew: () => {
      state.renewed = true;
      state.current?.child.kill('SIGKILL');
    },
    terminate: async () => {
      await until('it can be told to stop', () => addressIn(state.current?.log() ?? ''));
      return end('SIGTERM');
    },
    kill: async () => void (await end('SIGKILL')),
  };
}

interface State {
  ended: boolean;
  renewed: boolean;
  current: ReturnType<typeof launch> | undefined;
}
