import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import { quoter, secret } from '../trust/secrets.ts';
import { ask, NoAnswer, type HttpAnswer, type Question } from './ask.ts';
import { namesRun, readRun, withRun } from './http-run.ts';
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
 * again only if the policy calls it safe to repeat. Of a long answer to it the first 64 KB are read. `handle.answered` is
 * the status of the answer to the call, `handle.run` the id that the deploy tool gives what it began, where the policy
 * says where to find that.
 */
export function httpExecutor(deps: { readonly environment: Environment }): Executor {
  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = httpCall.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const unusable = unusableVariables(fit.data);
    if (unusable.length > 0) {
      const note = `Nothing was started. Not set in Lastgood's environment, or not fit for a header: ${unusable.join(', ')}.`;
      return { status: 'failed', note, begun: false };
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
      // 408: whoever stands in between has given up waiting.
      if (status >= 500 || status === 408) throw new Error(`${host} answered ${status}.`);
      if (status === 429) return { status: 'not-started', note: `${host} asks us to slow down.` };
      const note = `${host} answered ${status}: ${quote(text)}`;
      // A redirect, or another success than was expected, may have begun something.
      return { status: 'failed', note, ...(status >= 400 && { begun: false }) };
    }
    const { contains } = step.expect;
    if (contains !== undefined && !text.includes(contains))
      return {
        status: 'failed',
        note: `${host} answered ${status} without “${quote(contains)}”${cut ? ' in its first 64 KB' : ''}: ${quote(text)}`,
      };
    const note = `${host} answered ${status}.`;
    if (!step.check) return { status: 'done', note };
    const { capture, lookup, check: followed } = step;
    const id = capture && readId(line, parseJson(text), capture.run);
    if (capture && id === undefined && !lookup)
      throw new Error(`${note} It gave no id at “${capture.run}” by which to follow it.`);
    const handle = { answered: String(status), ...(id === undefined ? {} : { run: id }) };
    return { status: 'running', note, handle, again: followed.every };
  }

  async function check(run: StepRun, handle: Handle | undefined, signal: AbortSignal): Promise<StepProgress> {
    const line = lineOf(httpCall.parse(run.with), run);
    const { step, host } = line;
    const id = await idOf(line, handle, signal);
    const known = id === undefined ? handle : { ...handle, run: id };
    const seen = await lookAt(line, id, signal);
    if (seen && 'status' in seen) return seen;
    if (seen && known !== undefined)
      return {
        status: 'running',
        note: seen.note,
        handle: known,
        ...(step.check && { again: step.check.every }),
      };
    // The answer to the call was lost, and what we see does not tell whether it arrived.
    const lost =
      step.capture && !step.lookup
        ? `Under which id ${host} has begun it is not known: its answer was lost, or had none`
        : `The answer of ${host} was lost`;
    const note = `${lost}${seen ? `; ${seen.note}` : '.'}`;
    return {
      status: 'unknown',
      note,
      ...(step.safe_to_repeat && { repeatable: true }),
      ...(seen === undefined && { final: true }),
    };
  }

  async function cancel(
    run: StepRun,
    handle: Handle | undefined,
    signal: AbortSignal,
  ): Promise<StepProgress | undefined> {
    const line = lineOf(httpCall.parse(run.with), run);
    const wish = line.step.cancel;
    if (!wish) return undefined;
    // What is stopped by our own id does not wait for theirs.
    const id = namesRun(wish.url) ? await idOf(line, handle, signal) : undefined;
    if (namesRun(wish.url) && id === undefined)
      throw new Error(`${line.host} has given no id by which to stop it.`);
    const { status, text } = await answerOf(
      line,
      call(line, { ...wish, url: withRun(wish.url, id) }, signal),
    );
    const progress = await check(run, id === undefined ? handle : { ...handle, run: id }, signal);
    // What has ended is not stopped any more, which is all right.
    const hasEnded = progress.status === 'done' || progress.status === 'failed';
    if (status < 300 || hasEnded) return progress;
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

/**
 * How it ended, if it has; otherwise only what the other side says now, and undefined where there is nowhere to look.
 * Throws when it says nothing that can be used.
 */
async function lookAt(
  line: Line,
  id: string | undefined,
  signal: AbortSignal,
): Promise<Extract<StepProgress, { status: 'done' | 'failed' }> | { readonly note: string } | undefined> {
  const { host, quote, step } = line;
  if (!step.check) return undefined;
  const { url, done, failed } = step.check;
  if (step.capture && id === undefined)
    return step.lookup ? { note: `${host} does not show it.` } : undefined;
  const json = await jsonAt(line, withRun(url, id), signal);
  if (json === undefined) return { note: `${host} does not show it.` };
  const said = Object.keys({ ...done, ...failed }).map((path) => `${path}=${sayValue(valueAt(json, path))}`);
  const note = `${host} says ${quote(said.join(', '))}.`;
  if (holds(done, json)) return { status: 'done', note };
  return failed && holds(failed, json) ? { status: 'failed', note } : { note };
}

/** The id that the other side gave what the call began: kept since then, or looked up. */
async function idOf(
  line: Line,
  handle: Handle | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { capture, lookup } = line.step;
  if (!capture) return undefined;
  const kept = handle?.['run'];
  if (kept !== undefined || !lookup) return kept;
  return readId(line, await jsonAt(line, lookup.url, signal), lookup.run);
}

/** What repeats a secret is no id: it would be kept, and sent on in an address. */
function readId({ quote }: Line, json: unknown, path: string): string | undefined {
  const id = readRun(valueAt(json, path));
  return id !== undefined && quote(id) === id ? id : undefined;
}

/** @returns undefined where there is nothing; throws when it says nothing that can be used. */
async function jsonAt(line: Line, url: string, signal: AbortSignal): Promise<unknown> {
  const { host, quote } = line;
  const { status, text } = await answerOf(line, call(line, { method: 'GET', url }, signal));
  if (status === 404) return undefined;
  if (status > 299) throw new Error(`${host} answered ${status}: ${quote(text)}`);
  const json = parseJson(text);
  if (json === undefined) throw new Error(`${host} answered something else than JSON: ${quote(text)}`);
  return json;
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
