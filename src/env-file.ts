import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ReadEnvironment =
  | { readonly ok: true; readonly env: Environment }
  | {
      readonly ok: false;
      /** One line a mistake: file, line and what was expected, never the value. */
      readonly problems: readonly string[];
      /** What can be read all the same: enough to look around with, and not to start with. */
      readonly env: Environment;
    };

/**
 * The environment, and below it what `.env` in the current folder says. What is really set wins, also by its other
 * form: a `NAME_FILE` that is set hides a `NAME` of the file. An empty variable counts as not set.
 */
export function readEnvironment(real: Environment = process.env, path = '.env'): ReadEnvironment {
  const text = readText(path);
  if (text === undefined) return { ok: true, env: real };
  if (typeof text !== 'string')
    return { ok: false, problems: [`${path} cannot be read (${text.code})`], env: real };
  const { mistakes, sound } = judge(text);
  const isSet = (name: string): boolean => real[name] !== undefined && real[name] !== '';
  const below = Object.entries(parseEnv(sound)).filter(
    ([name]) => !isSet(name) && !isSet(`${name}_FILE`) && !isSet(name.replace(/_FILE$/, '')),
  );
  const env = { ...real, ...Object.fromEntries(below) };
  if (mistakes.length === 0) return { ok: true, env };
  return { ok: false, problems: mistakes.map((mistake) => `${path} ${mistake}`), env };
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
 * @returns the mistakes, and the lines without any
 */
function judge(text: string): { readonly mistakes: readonly string[]; readonly sound: string } {
  const mistakes: string[] = [];
  const sound: string[] = [];
  const firstLineOf = new Map<string, number>();
  const lines = text.split(/\r?\n/);
  // Behind a quote that goes wrong, what follows may be settings or the rest of the value: no mistake is certain.
  let certain = true;
  const complain = (mistake: string): void => {
    if (certain) mistakes.push(mistake);
  };
  for (let at = 0; at < lines.length; at += 1) {
    const number = at + 1;
    const line = lines[at] ?? '';
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, name, value = ''] = /^ *(?:export +)?([A-Za-z_]\w*) *= *(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      complain(`line ${number}: expected NAME=value, or # and a comment`);
      continue;
    }
    const first = firstLineOf.get(name);
    firstLineOf.set(name, first ?? number);
    if (first !== undefined) complain(`line ${number}: ${name} is set in line ${first} already`);
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined) {
      // Behind a blank a # is a comment on a setting that is left empty; right behind the = somebody meant it.
      if (/[^\s]#/.test(value) || /^[^=]*=#/.test(line))
        complain(`line ${number}: ${name} holds a #, which begins a comment; put the value into quotes`);
      else if (first === undefined) sound.push(line);
      continue;
    }
    let end = at;
    let rest = value.slice(1);
    while (!rest.includes(quote) && end + 1 < lines.length) {
      end += 1;
      rest = lines[end] ?? '';
    }
    if (/^\s*(?:#.*)?$/.test(rest.slice(rest.indexOf(quote) + 1)) && rest.includes(quote)) {
      if (first === undefined) sound.push(...lines.slice(at, end + 1));
      at = end;
      continue;
    }
    const opened = end > at ? `, which opens in line ${number}` : '';
    if (rest.includes(quote))
      complain(`line ${end + 1}: something stands behind the closing quote of ${name}${opened}`);
    else complain(`line ${number}: the quote that opens ${name} is never closed`);
    certain = false;
  }
  return { mistakes, sound: sound.join('\n') };
}
