import { setImmediate as turn } from 'node:timers/promises';
import type { Registry } from '../core/channel/registry.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Milliseconds } from '../core/time.ts';
import { stepCarrier } from '../engine/steps.ts';
import type { Store } from '../store/store.ts';
import { createAgenda } from './agenda.ts';
import { createOutside, simulatedCarriers, watched } from './carriers.ts';
import { databaseWire } from './database-wire.ts';
import { createDice, type Dice } from './dice.ts';
import { simulatedExecutors, type Deployer } from './executors.ts';
import type { Invariant, Watch } from './invariants/invariant.ts';
import { startLife } from './life.ts';
import { start, startMachines } from './machines.ts';
import { createDatabase, type Commit } from './model-database.ts';
import { createAsk } from './neighbour.ts';
import { createNetwork } from './network.ts';
import type { Process } from './process.ts';
import { createProduction } from './production.ts';
import { startReplica, type Replica } from './replica.ts';
import { storePlace, type StoreKind } from './store-places.ts';
import { createTrace, sayTime, type Trace } from './trace.ts';
import { createTrouble, drawHarshness } from './trouble.ts';
import { createLedger, type World } from './world.ts';

/** What came of a run. Two runs of one seed have the same `hash`. */
export interface Result {
  readonly seed: number;
  readonly steps: number;
  readonly hash: string;
  /** How often what happened: a run in which little does proves little. */
  readonly seen: Readonly<Record<string, number>>;
  readonly broken: Broken | undefined;
}

export interface Broken {
  readonly invariant: string;
  readonly how: string;
  /** Since the beginning, `01:02:03.004`. */
  readonly at: string;
  /** What happened up to then, the newest at the end. */
  readonly trace: readonly string[];
}

export interface Scenery {
  readonly policies: Policies;
  readonly registry: Registry;
  readonly invariants: readonly Invariant[];
  /** Left out: the model. */
  readonly store?: StoreKind;
  /** Stands between the engine and the store. Left out: nothing. */
  readonly through?: (store: Store) => Store;
}

/** All is well for so long before what must hold at rest is looked at. */
const rest: Milliseconds = 6 * 60_000;

/** Lives through so much time of one seed, and some in which everybody is well. */
export async function simulate(seed: number, length: Milliseconds, scenery: Scenery): Promise<Result> {
  const agenda = createAgenda();
  const trace = createTrace(agenda.now);
  const [weather, fate, people, outsideDice, retries] = diceOf(seed);
  const harshness = drawHarshness(weather);
  const deployer = weather.pick<Deployer>(['workflow', 'tool']);
  trace.note(`seed ${seed}: ${JSON.stringify(harshness)}, deploys by ${deployer}`);
  const trouble = createTrouble(fate, agenda, harshness, trace);
  const ask = createAsk(agenda, trouble, outsideDice);

  const now = () => start + agenda.now() + machines.skew();
  const database = createDatabase({ now });
  const production = createProduction();
  for (const [channel, { version }] of Object.entries(scenery.registry.channels))
    production.live.set(`shop/${channel}`, version);
  const ledger = createLedger();
  const outside = createOutside();
  let policies = scenery.policies;
  let over = false;

  const seen: Record<string, number> = {};
  const count = (what: string): void => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  let broken: Broken | undefined;
  const breaks = (invariant: string, how: string): void => {
    broken ??= { invariant, how, at: sayTime(agenda.now()), trace: trace.last() };
  };
  const facts = { database, production, ledger, now, clockWasSet: () => seen['clock set'] !== undefined };
  const watches = scenery.invariants.map(({ name, watch }): Watch =>
    watch(facts, (how) => breaks(name, how)),
  );
  database.committed = (commit) => {
    noteCommit(commit, trace, count);
    for (const watch of watches) watch.committed?.(commit);
  };
  const place = await storePlace(scenery.store ?? 'model', database, (how) =>
    breaks('the store keeps the same promises as the model', how),
  );

  async function boot(process: Process): Promise<Replica> {
    const store = await place.open(process, databaseWire(process, agenda, trouble, place.replicas > 1));
    const executors = simulatedExecutors({
      process,
      agenda,
      ask,
      dice: outsideDice,
      production,
      deployer,
      begins: (by, work) => {
        trace.note(`${by.name} begins ${work.id} on ${work.channel}: ${work.version}`);
        count('work begun');
        for (const watch of watches) watch.begins?.(by, work);
      },
    });
    const carriers = [...simulatedCarriers({ process, agenda, ask, outside }), stepCarrier(executors)];
    return startReplica({
      process,
      store: scenery.through?.(store) ?? store,
      // Whoever shares a store goes by its clock; that one is set, and nobody needs the machine's.
      now: place.replicas === 1 ? now : () => start + agenda.now(),
      policies: () => policies,
      registry: scenery.registry,
      carriers: watched(carriers, process, (errand) => {
        trace.note(`${process.name} sets out with ${errand.id}`);
        for (const watch of watches) watch.setsOut?.(process, errand);
        if (errand.effect.type === 'step.run') machines.atABadMoment(process);
      }),
      ask,
      random: retries.fraction,
      log: {
        info: () => undefined,
        warn: () => undefined,
        error: ({ error }, text) => {
          trace.note(`error: ${text}: ${error instanceof Error ? error.message : String(error)}`);
          count(`error: ${text}`);
        },
      },
    });
  }

  const machines = startMachines({
    count: place.replicas,
    agenda,
    dice: fate,
    harshness,
    trace,
    boot,
    seen: count,
  });
  const world: World = {
    agenda,
    dice: people,
    trace,
    send: createNetwork({ agenda, dice: outsideDice, harshness, listeners: machines.listeners }),
    database,
    production,
    ledger,
    now: () => start + agenda.now(),
    policies: () => policies,
    setPolicies: (edited) => {
      policies = edited;
    },
    isOver: () => over,
  };
  startLife(world, scenery.policies);

  async function until(time: Milliseconds): Promise<void> {
    for (let next = agenda.next(); next !== undefined && next <= time && !broken; next = agenda.next()) {
      agenda.step();
      // Everything that follows from it at the same moment, up to what takes time.
      do await turn();
      while (place.isBusy());
    }
  }
  await until(length);
  over = true;
  trouble.end();
  machines.end();
  await until(agenda.now() + rest);
  if (!broken) for (const watch of watches) await watch.atRest?.();
  await place.remove();
  return { seed, steps: trace.steps(), hash: trace.hash(), seen, broken };
}

/** For chances that say nothing about each other: what the run is like, what fails, what people do, … */
function diceOf(seed: number): readonly [Dice, Dice, Dice, Dice, Dice] {
  const place = (number: number): Dice => createDice(seed, number);
  return [place(0), place(1), place(2), place(3), place(4)];
}

function noteCommit(
  { by, streams, changed, settled }: Commit,
  trace: Trace,
  count: (what: string) => void,
): void {
  for (const { id, events } of streams)
    for (const { seq, type } of events) {
      trace.note(`${by} ${id}/${seq} ${type}`);
      count(type);
    }
  for (const { after } of changed) {
    const { id, effect, status, attempts, lastError } = after;
    trace.note(
      `${by} ${id} ${effect.type} ${status} (${attempts})${lastError === undefined ? '' : `: ${lastError}`}`,
    );
    count(`effect ${status}`);
  }
  for (const { id, result } of settled) trace.note(`${by} settles ${id} ${result}`);
}
