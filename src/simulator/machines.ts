import type { Instant, Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import type { Listener } from './network.ts';
import { createProcess, type Process } from './process.ts';
import type { Replica } from './replica.ts';
import type { Trace } from './trace.ts';
import type { Harshness } from './trouble.ts';

export interface Machines {
  readonly listeners: () => readonly Listener[];
  /** How far the clock that is set is off by now. */
  readonly skew: () => Milliseconds;
  /** What comes when something is on its way shows more than what comes at any time. */
  readonly atABadMoment: (process: Process) => void;
  /** From now on nobody is frozen or killed any more, and the clock goes on as it is. */
  readonly end: () => void;
}

const minute: Milliseconds = 60_000;

/** As Docker and systemd are told to: whoever has not stopped by then is killed. */
const patience: Milliseconds = 20_000;

/** Keeps so many replicas running: kills, stops, freezes and starts them, and sets their clock. */
export function startMachines(parts: {
  readonly count: number;
  readonly agenda: Agenda;
  readonly dice: Dice;
  readonly harshness: Harshness;
  readonly trace: Trace;
  readonly boot: (process: Process) => Promise<Replica>;
  readonly seen: (what: string) => void;
}): Machines {
  const { agenda, dice, harshness, trace, seen } = parts;
  const listeners: Listener[] = [];
  let skew = 0;
  let over = false;

  function launch(letter: string, life: number): void {
    const process = createProcess(`${letter}${life}`, agenda, (dead, why) => {
      trace.note(why === undefined ? `${dead.name} has stopped` : `${dead.name} is killed ${why}`);
      seen(why === undefined ? 'stopped' : 'killed');
      close(dead);
      const away = over ? 1_000 : dice.pick([1_000, 1_000, 5_000, Math.min(dice.wait(minute), 3 * minute)]);
      agenda.after(away, () => launch(letter, life + 1));
    });
    trace.note(`${process.name} starts`);
    parts.boot(process).then(
      (replica) => {
        if (!process.isAlive()) return;
        trace.note(`${process.name} is ready`);
        listeners.push({ process, replica, taking: new Set() });
      },
      (error: unknown) =>
        process.kill(`since it cannot start: ${error instanceof Error ? error.message : ''}`),
    );
    freezeSometimes(process);
    stopSometimes(process);
  }

  /** Nothing more is sent to it. @returns undefined when nothing was */
  function close(process: Process): Listener | undefined {
    const place = listeners.findIndex((each) => each.process === process);
    return place < 0 ? undefined : listeners.splice(place, 1)[0];
  }

  /** SIGTERM. */
  function stop(process: Process): void {
    if (over || !process.isAlive()) return;
    const listener = close(process);
    if (!listener) return;
    trace.note(`${process.name} is told to stop`);
    process.later(0, () => {
      Promise.allSettled(listener.taking)
        .then(listener.replica.stop)
        .then(process.exit, (error: unknown) => process.kill(`since it cannot stop: ${String(error)}`));
    });
    agenda.after(patience, () => process.kill('since it does not stop'));
  }

  function stopSometimes(process: Process): void {
    if (harshness.stops === 0) return;
    agenda.after(dice.wait((40 * minute) / harshness.stops), () => stop(process));
  }

  function freeze(process: Process): void {
    if (over || !process.isAlive()) return;
    const length = dice.wait(15_000);
    trace.note(`${process.name} is frozen for ${length} ms`);
    seen('frozen');
    process.freeze(length);
  }

  function freezeSometimes(process: Process): void {
    if (harshness.freezes === 0) return;
    agenda.after(dice.wait((40 * minute) / harshness.freezes), () => {
      freeze(process);
      if (process.isAlive()) freezeSometimes(process);
    });
  }

  function setClock(): void {
    if (over) return;
    const by = dice.pick([1, -1]) * dice.pick([1_000, 20_000, 5 * minute, 90 * minute]);
    skew += by;
    trace.note(`the clock is set by ${by} ms`);
    seen('clock set');
  }

  function setClockSometimes(): void {
    if (harshness.clock === 0) return;
    agenda.after(dice.wait((120 * minute) / harshness.clock), () => {
      setClock();
      setClockSometimes();
    });
  }

  for (const letter of 'ab'.slice(0, parts.count))
    agenda.after(dice.between(0, 2_000), () => launch(letter, 1));
  setClockSometimes();
  return {
    listeners: () => listeners,
    skew: () => skew,
    atABadMoment: (process) => {
      const soon = dice.between(0, 200);
      if (dice.chance(0.05 * harshness.freezes)) agenda.after(soon, () => freeze(process));
      if (dice.chance(0.05 * harshness.stops)) agenda.after(soon, () => stop(process));
      if (dice.chance(0.05 * harshness.clock)) agenda.after(soon, setClock);
      if (dice.chance(0.05 * harshness.crashes))
        agenda.after(soon, () => over || process.kill('in the middle of a step'));
    },
    end: () => {
      over = true;
    },
  };
}

/** Every run begins on the same night. */
export const start: Instant = Date.UTC(2026, 10, 22, 3);
