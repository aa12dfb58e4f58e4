import type { Milliseconds } from '../core/time.ts';
import type { Route, WireResponse } from './wire.ts';

/** Strangers may ask, as often as they like; what they are told costs a write and some reads. */
const mostLooks = 10;
const counted: Milliseconds = 1_000;

/** The notes in what `/readyz` answered: below `ready`, a line each. */
export function notesIn(status: number, text: string): readonly string[] {
  const [ready, ...notes] = text.split('\n').filter((line) => line !== '');
  return status === 200 && ready === 'ready' ? notes : [];
}

/** `GET /healthz`: the loop turns. `GET /readyz`: something sent now would be kept, and acted upon here. */
export function healthRoutes(options: {
  /** Why not, in a few words that anybody may read; undefined when it would. */
  readonly unready: () => Promise<string | undefined>;
  /**
   * What does not work besides, a line each: it is told, and the answer stays 200. Strangers can cause and read it. What
   * begins with `ok: ` is well.
   */
  readonly notes: () => Promise<readonly string[]>;
}): readonly Route[] {
  const ready = seldomLooked(async () => {
    const unready = await options.unready();
    if (unready !== undefined) return { status: 503, text: `${unready}\n` };
    return { status: 200, text: `${['ready', ...(await options.notes())].join('\n')}\n` };
  });
  return [
    { method: 'GET', path: '/healthz', handle: () => Promise.resolve({ status: 200, text: 'ok\n' }) },
    { method: 'GET', path: '/readyz', handle: ready },
  ];
}

/**
 * So many looks within what is counted; whoever asks more is told what the last one saw. The first are all begun after they
 * were asked for: the terminal asks right after its command whether anybody will hear of it.
 */
function seldomLooked(look: () => Promise<WireResponse>): () => Promise<WireResponse> {
  let last: Promise<WireResponse> | undefined;
  let running: Promise<unknown> | undefined;
  /** What all who came during a look are waiting for. */
  let next: Promise<WireResponse> | undefined;
  let looks = 0;

  function begin(): Promise<WireResponse> {
    looks += 1;
    setTimeout(() => (looks -= 1), counted).unref();
    next = undefined;
    const seen = look().finally(() => {
      running = undefined;
    });
    running = seen;
    last = seen;
    return seen;
  }

  return () => {
    if (last && looks >= mostLooks) return last;
    return running ? (next ??= running.then(begin, begin)) : begin();
  };
}
