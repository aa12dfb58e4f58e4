import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ReadEnvironment =
  | { readonly ok: true; readonly env: Environment }
  /** One line a mistake: file, line and what was expected, never the value. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The environment, and below it what `.env` in the current folder says. What is really set wins, also by its other
 * form: a `NAME_FILE` that is set hides a `NAME` of the file. An empty variable counts as not set.
 */
export function readEnvironment(real: Environment = process.env, path = '.env'): ReadEnvironment {
  const text = readText(path);
  if (text === undefined) return { ok: true, env: real };
  if (typeof text !== 'string') return { ok: false, problems: [`${path} cannot be read (${text.code})`] };
  const problems = mistakesIn(text);
  if (problems.length > 0) return { ok: false, problems: problems.map((problem) => `${path} ${problem}`) };
  const isSet = (name: string): boolean => real[name] !== undefined && real[name] !== '';
  const below = Object.entries(parseEnv(text)).filter(
    ([name]) => !isSet(name) && !isSet(`${name}_FILE`) && !isSet(name.replace(/_FILE$/, '')),
  );
  return { ok: true, env: { ...real, ...Object.fromEntries(below) } };
}

/** @returns undefined when there is no such file */
function readText(path: string): string | { readonly code: string } | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' ? undefined : { code };
  }
}

/**
 * `util.parseEnv` skips what it does not understand, ends an unquoted value at any `#`, and lets a quote that is never
 * closed swallow what follows: each of these would look like a setting that was never made.
 */
function mistakesIn(text: string): readonly string[] {
  const mistakes: string[] = [];
  const firstLineOf = new Map<string, number>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const number = at + 1;
    const line = lines[at] ?? '';
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, name, value = ''] = /^ *(?:export +)?([A-Za-z_]\w*) *= *(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      mistakes.push(`line ${number}: expected NAME=value, or # and a comment`);
      continue;
    }
    const first = firstLineOf.get(name);
    if (first !== undefined) mistakes.push(`line ${number}: ${name} is set in line ${first} already`);
    firstLineOf.set(name, first ?? number);
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined) {
      // Behind a blank a # is a comment on a setting that is left empty; right behind the = somebody meant it.
      if (/[^\s]#/.test(value) || /^[^=]*=#/.test(line))
        mistakes.push(`line ${number}: ${name} holds a #, which begins a comment; put the value into quotes`);
      continue;
    }
    let rest = value.slice(1);
    while (!rest.includes(quote) && at + 1 < lines.length) {
      at += 1;
      rest = lines[at] ?? '';
    }
    if (!rest.includes(quote)) mistakes.push(`line ${number}: the quote that opens ${name} is never closed`);
    else if (!/^\s*(?:#.*)?$/.test(rest.slice(rest.indexOf(quote) + 1)))
      mistakes.push(`line ${at + 1}: something stands behind the closing quote of ${name}`);
  }
  return mistakes;
}
