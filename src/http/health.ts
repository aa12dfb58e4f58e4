import type { Route } from './wire.ts';

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
  return [
    { method: 'GET', path: '/healthz', handle: () => Promise.resolve({ status: 200, text: 'ok\n' }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: async () => {
        const unready = await options.unready();
        if (unready !== undefined) return { status: 503, text: `${unready}\n` };
        return { status: 200, text: `${['ready', ...(await options.notes())].join('\n')}\n` };
      },
    },
  ];
}
