export interface OneAtATime {
  /** Runs the work now; asked while it runs, it runs once more afterwards. */
  readonly ask: () => void;
  /** No further runs; resolves when the present one has ended. */
  readonly stop: () => Promise<void>;
  readonly start: () => void;
  /** Resolves when nothing runs; undefined when nothing does. */
  readonly running: () => Promise<void> | undefined;
}

/** Work that many ask for and that must never overlap itself. It has to handle its own errors. */
export function oneAtATime(work: () => Promise<void>): OneAtATime {
  const now = { started: false, asked: false };
  let running: Promise<void> | undefined;

  async function runWhileAsked(): Promise<void> {
    while (now.started && now.asked) {
      now.asked = false;
      await work();
    }
  }

  function ask(): void {
    now.asked = true;
    if (!now.started) return;
    running ??= runWhileAsked().finally(() => {
      running = undefined;
      // Asked in the very moment between the last look and this.
      if (now.asked) ask();
    });
  }

  return {
    ask,
    start: () => {
      now.started = true;
      ask();
    },
    running: () => running,
    stop: async () => {
      now.started = false;
      await running;
    },
  };
}
