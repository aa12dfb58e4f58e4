/** How a command of the terminal ends, for scripts that look at `$?`. */
export const exitCode = {
  done: 0,
  /** Failed, or refused. */
  failed: 1,
  usage: 2,
  /** Nobody can say yet whether it was done. */
  inconclusive: 3,
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends the command; the message goes to stderr and says what to do. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
