import type { Route } from './wire.ts';

/** `GET /healthz`: the loop turns. `GET /readyz`: something sent now would be kept. */
export function healthRoutes(options: {
  /** Writes to the store; rejects when it cannot. */
  readonly probe: () => Promise<void>;
  readonly draining: () => boolean;
  /** What does not work besides, a line each: it is told, and the answer stays 200. Strangers can cause and read it. */
  readonly notes: () => Promise<readonly string[]>;
}): readonly Route[] {
  return [
    { method: 'GET', path: '/healthz', handle: () => Promise.resolve({ status: 200, text: 'ok\n' }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: async () => {
        if (options.draining()) return { status: 503, text: 'draining\n' };
        try {
          await options.probe();
          return { status: 200, text: `${['ready', ...(await options.notes())].join('\n')}\n` };
        } catch {
          // Why is in the log; this page is public.
          return { status: 503, text: 'the store does not take anything\n' };
        }
      },
    },
  ];
}
