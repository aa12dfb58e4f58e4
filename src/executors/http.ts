import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import { quoter, secret } from '../trust/secrets.ts';
import { ask, NoAnswer, type HttpAnswer, type Question } from './ask.ts';
import { httpCall, httpStep, type Conditions, type HttpCall } from './http-step.ts';
import { valueAt } from './json-path.ts';
import { unfit } from './unfit.ts';
import { namedVariables, readVariable, type Environment } from './variables.ts';

const requestTimeout = 10_000;

/** A step, and what it takes to call the other side for it. */
interface Line {
  readonly step: HttpCall;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly quote: (words: string) => string;
}

/**
 * Calls a deploy tool over HTTP, and follows what it began where the policy says how. The step's id goes along as
 * `X-Correlation-Id`, and with the call itself also as `Idempotency-Key`. A call whose answer was lost is looked up, where that is possible, and sent
 * again only if the policy calls it safe to repeat. Of a long answer to it the first 64 KB are read. `handle.answered` is the status of the answer to the call.
 */
export function httpExecutor(deps: { readonly environment: Environment }): Executor {
  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = httpCall.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const unusable = unusableVariables(fit.data);
    if (unusable.length > 0) {
      const note = `Nothing was started. Not set in Lastgood's environment, or not fit for a header: ${unusable.join(', ')}.`;
      return { status: 'failed', note };
    }
    const line = lineOf(fit.data, run);
    const { step, host, quote } = line;
    const answer = await call(withKey(line, run), step, signal, true).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error;
      return error;
    });
    if (answer instanceof NoAnswer) {
      if (answer.mayHaveHappened)
        throw new Error(`The answer of ${host} was lost (${quote(answer.message)}).`);
      return { status: 'not-started', note: `${host} cannot be reached (${quote(answer.message)}).` };
    }
    const { status, text, cut } = answer;
    if (!step.expect.status.includes(status)) {
      if (status >= 500) throw new Error(`${host} answered ${status}.`);
      if (status === 429) return { status: 'not-started', note: `${host} asks us to slow down.` };
      return { status: 'failed', note: `${host} answered ${status}: ${quote(text)}` };
    }
    const { contains } = step.expect;
    if (contains !== undefined && !text.includes(contains))
      return {
        status: 'failed',
        note: `${host} answered ${status} without “${quote(contains)}”${cut ? ' in its first 64 KB' : ''}: ${quote(text)}`,
      };
    const note = `${host} answered ${status}.`;
    return step.check
      ? { status: 'running', note, handle: { answered: String(status) }, again: step.check.every }
      : { status: 'done', note };
  }

  async function check(run: StepRun, handle: Handle | undefined, signal: AbortSignal): Promise<StepProgress> {
    const line = lineOf(httpCall.parse(run.with), run);
    const { step, host } = line;
    const seen = step.check && (await lookAt(line, step.check, signal));
    if (seen && 'status' in seen) return seen;
    if (seen && handle !== undefined)
      return { status: 'running', note: seen.note, handle, ...(step.check && { again: step.check.every }) };
    // The answer to the call was lost, and what we see does not tell whether it arrived.
    const note = `The answer of ${host} was lost${seen ? `; ${seen.note}` : '.'}`;
    return step.safe_to_repeat ? { status: 'not-started', note } : { status: 'unknown', note };
  }

  async function cancel(
    run: StepRun,
    handle: Handle,
    signal: AbortSignal,
  ): Promise<StepProgress | undefined> {
    const line = lineOf(httpCall.parse(run.with), run);
    if (!line.step.cancel) return undefined;
    const { status, text } = await answerOf(line, call(line, line.step.cancel, signal));
    const progress = await check(run, handle, signal);
    // What has ended is not stopped any more, which is all right.
    if (status < 300 || progress.status !== 'running') return progress;
    throw new Error(`${line.host} does not stop it (${status}): ${line.quote(text)}`);
  }

  function lineOf(step: HttpCall, run: StepRun): Line {
    const fromEnvironment = Object.entries(step.header_env).map(([name, source]) => {
      const [, word = '', variable = ''] = /^(.* )?(\w+)$/.exec(source) ?? [];
      return { name, word, value: readVariable(deps.environment, variable) ?? '' };
    });
    const secrets = fromEnvironment.filter(({ value }) => value !== '').map(({ value }) => secret(value));
    return {
      step,
      host: new URL(step.url).host,
      quote: quoter(secrets),
      headers: {
        ...step.headers,
        ...Object.fromEntries(fromEnvironment.map(({ name, word, value }) => [name, `${word}${value}`])),
        'X-Correlation-Id': run.id,
      },
    };
  }

  function unusableVariables(step: HttpCall): readonly string[] {
    return namedVariables(step).filter(
      (name) => !/^[\x20-\x7e]+$/.test(readVariable(deps.environment, name) ?? ''),
    );
  }

  return { name: 'http', schema: httpStep, start, check, cancel, pollEvery: 5_000, onlyLooks: false };
}

/** Only the call that begins it: under the same key, the wish to cancel it would be answered as that call was. */
function withKey(line: Line, run: StepRun): Line {
  return { ...line, headers: { ...line.headers, 'Idempotency-Key': run.id } };
}

/** @throws NoAnswer */
function call(
  { headers }: Line,
  { method, url, json, body }: Pick<HttpCall, 'method' | 'url' | 'json' | 'body'>,
  signal: AbortSignal,
  takesBeginning = false,
): Promise<HttpAnswer> {
  const question: Question = { method, signal, timeout: requestTimeout, headers, takesBeginning };
  if (json !== undefined) {
    const asJson = { ...headers, 'Content-Type': 'application/json' };
    return ask(url, { ...question, headers: asJson, body: JSON.stringify(json) });
  }
  return ask(url, body === undefined ? question : { ...question, body });
}

/** How it ended, if it has; otherwise only what the other side says now. Throws when it says nothing that can be used. */
async function lookAt(
  line: Line,
  { url, done, failed }: NonNullable<HttpCall['check']>,
  signal: AbortSignal,
): Promise<Extract<StepProgress, { status: 'done' | 'failed' }> | { readonly note: string }> {
  const { host, quote } = line;
  const { status, text } = await answerOf(line, call(line, { method: 'GET', url }, signal));
  if (status === 404) return { note: `${host} does not show it.` };
  if (status > 299) throw new Error(`${host} answered ${status}: ${quote(text)}`);
  const json = parseJson(text);
  if (json === undefined) throw new Error(`${host} answered something else than JSON: ${quote(text)}`);
  const said = Object.keys({ ...done, ...failed }).map((path) => `${path}=${sayValue(valueAt(json, path))}`);
  const note = `${host} says ${quote(said.join(', '))}.`;
  if (holds(done, json)) return { status: 'done', note };
  return failed && holds(failed, json) ? { status: 'failed', note } : { note };
}

async function answerOf({ host, quote }: Line, answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  return answer.catch((error: unknown) => {
    throw error instanceof NoAnswer ? new Error(`${host} gave no answer (${quote(error.message)}).`) : error;
  });
}

function holds(conditions: Conditions, json: unknown): boolean {
  return Object.entries(conditions).every(([path, wanted]) =>
    [wanted].flat().some((value) => value === valueAt(json, path)),
  );
}

function sayValue(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** @returns undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
