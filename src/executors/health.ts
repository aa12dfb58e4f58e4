import { z } from 'zod';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import { duration } from '../core/policies/duration.ts';
import type { Instant } from '../core/time.ts';
import { sayDuration } from '../core/time.ts';
import { quoter } from '../trust/secrets.ts';
import { ask, NoAnswer } from './ask.ts';
import { unfit } from './unfit.ts';

const requestTimeout = 5_000;

const endpoint = z.strictObject({
  /** The operator's own address, which may be a private one. It comes from policy and from nowhere else. */
  url: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => /^https?:\/\/[^/?#@{}]+([/?#]|$)/i.test(url),
      'expected an address with its host written out, and without a password',
    ),
  expect: z.array(z.string().regex(/^[\w.-]+=[\w.-]+$/, 'expected a line such as liveness=ok')).min(1),
});

export const healthStep = z.strictObject({
  endpoints: z.array(endpoint).min(1).max(20),
  /** This many good rounds one after another; a single good answer of a service that is falling over proves little. */
  until_stable: z.int().min(1).max(100),
  every: duration,
  within: duration,
});

type HealthStep = z.infer<typeof healthStep>;

/**
 * Asks every endpoint until all have been good for several rounds in a row. All it remembers is in the handle, so
 * that it goes on after a restart: `began` (later by the time in which nobody asked), `asked` (ISO 8601), `good` (rounds in
 * a row), `said`.
 */
export function healthExecutor(deps: { readonly now: () => Instant }): Executor {
  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = healthStep.safeParse(run.with);
    return fit.success ? round(fit.data, deps.now(), 0, signal) : unfit(fit.error);
  }

  async function check(run: StepRun, handle: Handle | undefined, signal: AbortSignal): Promise<StepProgress> {
    const step = healthStep.parse(run.with);
    const { began, asked, good, said } = handle ?? {};
    if (handle === undefined || began === undefined || asked === undefined) {
      return { status: 'not-started', note: 'No endpoint has been asked yet.' };
    }
    const late = deps.now() - Date.parse(asked) - step.every;
    if (late < 0) return { status: 'running', note: said ?? '', handle, again: -late };
    // Nobody was there to ask, or to note down what was answered, which is no failure of the endpoints.
    const away = late > step.every + requestTimeout ? late : 0;
    return round(step, Date.parse(began) + away, Number(good ?? 0), signal);
  }

  /** Asks all endpoints once, after so many good rounds since `began`. */
  async function round(
    step: HealthStep,
    began: Instant,
    goodBefore: number,
    signal: AbortSignal,
  ): Promise<StepProgress> {
    const asked = deps.now();
    const complaints = (await Promise.all(step.endpoints.map((one) => complaint(one, signal)))).filter(
      (words) => words !== undefined,
    );
    const good = complaints.length === 0 ? goodBefore + 1 : 0;
    const note =
      complaints.length === 0
        ? `${sayEndpoints(step)} good, ${good} of ${step.until_stable} times in a row.`
        : complaints.join(' ');
    if (good >= step.until_stable) return { status: 'done', note };
    if (asked - began >= step.within) {
      return { status: 'failed', note: `Not stable within ${sayDuration(step.within)}. ${note}` };
    }
    const handle = {
      began: new Date(began).toISOString(),
      asked: new Date(asked).toISOString(),
      good: String(good),
      said: note,
    };
    return { status: 'running', note, handle, again: step.every };
  }

  return { name: 'health', schema: healthStep, start, check, pollEvery: 1_000, onlyLooks: true };
}

/** What is wrong with an endpoint, as a sentence; undefined when all it was expected to say was said. */
async function complaint(
  { url, expect }: z.infer<typeof endpoint>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { host, pathname } = new URL(url);
  const who = `${host}${pathname}`;
  try {
    const { status, text } = await ask(url, { signal, timeout: requestTimeout });
    if (status < 200 || status > 299) return `${who} answered ${status}.`;
    const said = readHealth(text);
    const wrong = expect
      .map((line) => line.split('='))
      .filter(([key = '', value]) => said.get(key) !== value);
    if (wrong.length === 0) return undefined;
    const words = wrong.map(([key = '']) =>
      said.has(key) ? `${key}=${quote(said.get(key) ?? '')}` : `no ${key}`,
    );
    return `${who} said ${words.join(', ')}.`;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return `${who} gave no answer (${quote(error.message)}).`;
  }
}

const quote = quoter([], 60);

/** Reads `liveness=ok` lines, or a JSON object of one level. */
function readHealth(text: string): ReadonlyMap<string, string> {
  if (text.trimStart().startsWith('{')) return readJson(text);
  return new Map(
    text
      .split('\n')
      .map((line) => line.trim().split(/\s*=\s*/))
      .flatMap(([key, value]) => (key !== undefined && value !== undefined ? [[key, value] as const] : [])),
  );
}

function readJson(text: string): ReadonlyMap<string, string> {
  try {
    return new Map(
      Object.entries(JSON.parse(text) as object).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value] as const] : [],
      ),
    );
  } catch {
    // Half an object says nothing.
    return new Map();
  }
}

function sayEndpoints({ endpoints }: HealthStep): string {
  return endpoints.length === 1 ? 'The endpoint is' : `${endpoints.length} endpoints are`;
}
