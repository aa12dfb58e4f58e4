import type { Route } from './wire.ts';

/** `GET /healthz`: the loop turns. `GET /readyz`: something sent now would be kept. */
export function healthRoutes(options: {
  /** Writes to the store; rejects when it cannot. */
  readonly probe: () => Promise<void>;
  readonly draining: () => boolean;
  /** What does not work besides, in one line: it is told, and the answer stays 200. */
  readonly note?: () => string | undefined;
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
          const note = options.note?.();
          return { status: 200, text: note === undefined ? 'ready\n' : `ready\n${note}\n` };
        } catch {
          // Why is in the log; this page is public.
          return { status: 503, text: 'the store does not take anything\n' };
        }
      },
    },
  ];
}
