import type * as SentryModule from '@sentry/node';
import { reveal, scrubber, type Secret } from '../trust/secrets.ts';

/** Our own errors, for those who run Lastgood. Collects nothing but the error itself. */
export interface ErrorReports {
  readonly report: (error: unknown) => void;
  readonly flush: () => Promise<void>;
}

export const noReports: ErrorReports = { report: () => undefined, flush: () => Promise.resolve() };

/** The SDK takes seconds and 60 MB to load: call this once everything else is ready. */
export async function loadErrorReports(dsn: Secret, secrets: readonly Secret[]): Promise<ErrorReports> {
  const sentry: typeof SentryModule = await import('@sentry/node');
  const scrub = scrubber(secrets);
  sentry.init({
    dsn: reveal(dsn),
    defaultIntegrations: false,
    dataCollection: {
      userInfo: false,
      cookies: false,
      httpHeaders: false,
      httpBodies: [],
      urlQueryParams: false,
    },
    tracesSampleRate: 0,
    // Whatever an error carries leaves only after the last scrubbing.
    beforeSend: (event) => JSON.parse(scrub(JSON.stringify(event))) as typeof event,
  });
  return {
    report: (error) => void sentry.captureException(error),
    flush: async () => void (await sentry.flush(2_000)),
  };
}
