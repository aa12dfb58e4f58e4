/** How a neighbour misbehaves until it is healed. Without `path` every request is hit. */
export interface Failure {
  /** HTTP status; without one the service's own way of saying an error. */
  readonly status?: number;
  /** The error in the service's own words, for Slack its error code. */
  readonly error?: string;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
  /** How many requests are hit before the neighbour heals by itself. */
  readonly times?: number;
  /** The request is taken and not answered before the neighbour heals or closes. */
  readonly hang?: boolean;
  /** The request takes effect all the same, only its answer is lost: the case in which a careless sender sends twice. */
  readonly applied?: boolean;
  /** Hits only requests whose path contains this text, for instance `chat.update`. */
  readonly path?: string;
}

export interface FailureSwitch {
  readonly fail: (failure: Failure) => void;
  readonly heal: () => void;
  readonly failure: () => Failure | undefined;
}

/** A switch, and the guard which a neighbour's requests pass: it answers in place of `proceed` while the switch is on. */
export function createFailureSwitch(answer: (failure: Failure) => Response): FailureSwitch & {
  readonly guard: (path: string, proceed: () => Promise<Response>) => Promise<Response>;
} {
  let current: Failure | undefined;
  let remaining = Infinity;
  let waiting: (() => void)[] = [];

  const heal = (): void => {
    current = undefined;
    for (const release of waiting) release();
    waiting = [];
  };

  const take = (path: string): Failure | undefined => {
    if (current === undefined || !path.includes(current.path ?? '')) return undefined;
    const taken = current;
    remaining -= 1;
    if (remaining <= 0) current = undefined;
    return taken;
  };

  return {
    fail(failure) {
      current = failure;
      remaining = failure.times ?? Infinity;
    },
    heal,
    failure: () => current,
    async guard(path, proceed) {
      const failure = take(path);
      if (failure === undefined) return proceed();
      if (failure.applied === true) await proceed();
      if (failure.hang === true) await new Promise<void>((resolve) => waiting.push(resolve));
      return answer(failure);
    },
  };
}

/** The JSON answer of a failing service, with `Retry-After` where the failure names one. */
export function failingAnswer(failure: Failure, status: number, body: object): Response {
  const headers = failure.retryAfter === undefined ? {} : { 'Retry-After': String(failure.retryAfter) };
  return Response.json(body, { status: failure.status ?? status, headers });
}
