import { LogLevel, type Logger } from '@slack/web-api';

/** Where this adapter writes what operators should know. Never secrets, never bodies. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly error: (message: string) => void;
}

/** Slack's libraries log whole requests at `debug`: that is dropped, the rest goes to our log. */
export function slackLogger(log: Log): Logger {
  const say = (...message: readonly unknown[]): string => message.map(String).join(' ');
  return {
    debug: () => undefined,
    info: (...message: readonly unknown[]) => log.info(say(...message)),
    warn: (...message: readonly unknown[]) => log.warn(say(...message)),
    error: (...message: readonly unknown[]) => log.error(say(...message)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
