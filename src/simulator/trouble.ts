import type { Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import type { Trace } from './trace.ts';

/** Whom a process talks to. */
export const places = ['database', 'slack', 'pagerduty', 'mail', 'workflow', 'health', 'sentry'] as const;
export type Place = (typeof places)[number];

/** How a place treats whoever calls: `mute` takes requests and does not answer, `lossy` loses some of either. */
export type Mood = 'well' | 'slow' | 'dead' | 'mute' | 'lossy' | 'limiting';

/** How bad a run is to be: each a factor, 0 for never. */
export interface Harshness {
  readonly moods: number;
  readonly crashes: number;
  readonly stops: number;
  readonly freezes: number;
  readonly clock: number;
  readonly network: number;
}

export interface Trouble {
  readonly mood: (place: Place) => Mood;
  /** How long something takes to get there, or back. */
  readonly delay: (place: Place) => Milliseconds;
  /** @param toll of how many crossings this one counts */
  readonly isLost: (place: Place, toll?: number) => boolean;
  /** Whether the process dies at this very point. */
  readonly crashes: () => boolean;
  /** From now on everybody is well, and nobody dies. */
  readonly end: () => void;
}

const minute: Milliseconds = 60_000;

export function drawHarshness(dice: Dice): Harshness {
  const level = (): number => dice.pick([0, 0.5, 1, 1, 3]);
  return {
    moods: level(),
    crashes: level(),
    stops: level(),
    freezes: level(),
    clock: level(),
    network: level(),
  };
}

export function createTrouble(dice: Dice, agenda: Agenda, harshness: Harshness, trace: Trace): Trouble {
  const moods = new Map<Place, Mood>(places.map((place) => [place, 'well']));
  let over = false;

  function change(place: Place): void {
    if (over) return;
    const isWell = moods.get(place) === 'well';
    const bad = dice.pick<Mood>([
      'slow',
      'dead',
      'mute',
      'lossy',
      ...(place === 'database' ? [] : (['limiting'] as const)),
    ]);
    const mood = isWell ? bad : 'well';
    moods.set(place, mood);
    trace.note(`${place} is ${mood}`);
    agenda.after(
      mood === 'well' ? dice.wait((30 * minute) / harshness.moods) : dice.wait(length(place)),
      () => change(place),
    );
  }

  // Without its database nothing moves at all.
  function length(place: Place): Milliseconds {
    return place === 'database' ? 20_000 : 4 * minute;
  }

  if (harshness.moods > 0)
    for (const place of places) agenda.after(dice.wait((30 * minute) / harshness.moods), () => change(place));

  return {
    mood: (place) => moods.get(place) ?? 'well',
    delay: (place) => {
      const isSlow = moods.get(place) === 'slow';
      if (place === 'database') {
        if (isSlow) return dice.between(1, 3_000);
        return dice.chance(0.75) ? 0 : dice.chance(0.02) ? dice.between(20, 800) : dice.between(1, 4);
      }
      if (isSlow) return dice.between(200, 9_000);
      return dice.chance(0.02) ? dice.between(500, 4_000) : dice.between(5, 120);
    },
    isLost: (place, toll = 1) =>
      !over && dice.chance(moods.get(place) === 'lossy' ? 0.2 : 0.0005 * harshness.network * toll),
    crashes: () => !over && dice.chance(harshness.crashes / 4_000),
    end: () => {
      over = true;
      for (const place of places) moods.set(place, 'well');
      trace.note('from now on all is well');
    },
  };
}
