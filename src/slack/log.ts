import { LogLevel, type Logger } from '@slack/web-api';

/** The part of pino that this adapter uses. */
export interface Log {
  readonly info: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  readonly error: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** Slack's libraries log whole requests at `debug`: that is dropped, the rest goes to our log. */
export function slackLogger(log: Log): Logger {
  const say = (message: readonly unknown[]): [Readonly<Record<string, unknown>>, string] => [
    { from: 'slack' },
    message.map(String).join(' '),
  ];
  return {
    debug: () => undefined,
    info: (...message: unknown[]) => log.info(...say(message)),
    warn: (...message: unknown[]) => log.warn(...say(message)),
    error: (...message: unknown[]) => log.error(...say(message)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
