import { pino, type DestinationStream, type Logger } from 'pino';
import { scrubber, type Secret } from '../trust/secrets.ts';

/** pino's number for `error`. */
const errorLevel = 50;

/**
 * JSON lines. Secrets print as `[secret]` by their type; the finished line is scrubbed once more, since a library's
 * error may quote what it was given.
 */
export function createLog(options: {
  readonly level: string;
  readonly secrets: readonly Secret[];
  readonly write: (line: string) => void;
  /** Told of every error, once; for the error tracker. */
  readonly onError: (error: unknown) => void;
}): Logger {
  const scrub = scrubber(options.secrets);
  const destination: DestinationStream = { write: (line) => options.write(scrub(line)) };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.err },
      hooks: {
        logMethod(inputs, method, level) {
          const [fields] = inputs as readonly unknown[];
          const isError = level >= errorLevel;
          if (isError && typeof fields === 'object' && fields !== null && 'error' in fields)
            options.onError(fields.error);
          method.apply(this, inputs);
        },
      },
    },
    destination,
  );
}
