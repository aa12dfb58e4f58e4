/** Sooner than this nobody wonders. */
const wondersAfter = 2_000;
const everySecond = 1_000;
/** In a log, a line now and then is enough. */
const everyLine = 10_000;

interface Sink {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

/**
 * Says on stderr that something is still going on, once it takes longer than two seconds: one line that counts the
 * seconds on a screen, a plain line now and then in a log.
 * @param options.quiet says nothing unless somebody is looking at a screen
 * @param options.began by `performance.now()`, where it has been going on for a while; left out: it begins now
 */
export async function withProgress<T>(
  what: string,
  work: Promise<T>,
  {
    quiet = false,
    sink = process.stderr,
    began = performance.now(),
  }: { readonly quiet?: boolean; readonly sink?: Sink; readonly began?: number } = {},
): Promise<T> {
  const screen = sink.isTTY === true;
  if (quiet && !screen) return work;
  const every = screen ? everySecond : everyLine;
  let shown = false;
  const say = (): void => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    sink.write(screen ? `\r\u001B[2K${what} … ${seconds}s` : `${what} (${seconds}s so far)\n`);
    shown = true;
  };
  let again: NodeJS.Timeout | undefined;
  const first = setTimeout(
    () => {
      say();
      again = setInterval(say, every);
    },
    untilFirst(performance.now() - began, every),
  );
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(again);
    if (screen && shown) sink.write('\r\u001B[2K');
  }
}

/** The lines keep their beat, whatever is said between them. */
function untilFirst(elapsed: number, every: number): number {
  const late = elapsed - wondersAfter;
  return late <= 0 ? -late : every - (late % every);
}
