import { inspect } from 'node:util';

declare const brand: unique symbol;

/** A value that prints as `[secret]` wherever it ends up: in a string, a template, JSON, a log, an error. */
export interface Secret {
  readonly [brand]: 'secret';
  toString(): '[secret]';
  toJSON(): '[secret]';
}

const printed = '[secret]';

// The value is in no property, so that no spread, walk or serialiser of the object can come upon it.
const values = new WeakMap<Secret, string>();

const printing = Object.freeze({
  toString: () => printed,
  toJSON: () => printed,
  [Symbol.toPrimitive]: () => printed,
  [inspect.custom]: () => printed,
});

export function secret(value: string): Secret {
  const sealed = Object.freeze(Object.create(printing)) as Secret;
  values.set(sealed, value);
  return sealed;
}

/** The only way in. Call it where the value leaves for the other side, and nowhere earlier. */
export function reveal(sealed: Secret): string {
  const value = values.get(sealed);
  if (value === undefined) throw new TypeError('expected a secret');
  return value;
}

/**
 * Makes the last pass over a finished string (a log line, a note, a mail), whatever quoting it went through: each
 * secret is replaced as it is, as JSON writes it, URL-encoded, and in base64 with anything before or after it (as in
 * a Basic header). The password inside a URL and each line of a key in PEM count as secrets of their own. Values under
 * 4 characters are left alone: replacing every "a" would hide the text and not the secret.
 * @param shortest how many characters a value has at least to be looked for
 */
export function scrubber(secrets: readonly Secret[], shortest = 4): (text: string) => string {
  const written = secrets.map(reveal).flatMap((value) => [value, ...passwordIn(value)]);
  const long = written.filter((value) => value.length >= shortest);
  const forms = new Set([...long.flatMap(formsOf), ...long.flatMap(linesOfKey)]);
  if (forms.size === 0) return (text) => text;
  // Longest first, or the short form of one secret would cut the long form of another in two.
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escape).join('|'), 'g');
  return (text) => text.replace(pattern, printed);
}

/**
 * Makes what another side said fit to be repeated in one line of ours: secrets scrubbed, control characters and
 * changes of writing direction turned into a space, cut to `limit` UTF-16 units.
 */
export function quoter(secrets: readonly Secret[], limit = 200): (words: string) => string {
  const scrub = scrubber(secrets);
  return (words) => {
    const line = scrub(words)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\s]+/gu, ' ')
      .trim();
    if (line.length <= limit) return line;
    // Half a surrogate pair at the cut is no character.
    return `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
  };
}

function passwordIn(value: string): readonly string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  // A stray `%` in a password is not an encoding.
  return /%(?![0-9a-f]{2})/i.test(password) ? [password] : [password, decodeURIComponent(password)];
}

/** The lines of a key in PEM: whatever is done to the breaks between them, each is a part of it. */
function linesOfKey(value: string): readonly string[] {
  if (!value.startsWith('-----BEGIN ')) return [];
  return value.split('\n').filter((line) => line.length >= 16 && !line.startsWith('-----'));
}

function formsOf(value: string): readonly string[] {
  const encoded = encodeURIComponent(value);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const inLowerCase = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encoded,
    inLowerCase(encoded),
    form,
    inLowerCase(form),
    ...base64FormsOf(Buffer.from(value)),
  ];
}

/**
 * The whole in base64, and the characters that are the same whatever bytes stand around the value: base64 writes 3
 * bytes as 4 characters, so there are three ways to fall into step.
 */
function base64FormsOf(bytes: Buffer): readonly string[] {
  const inStep = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  return (
    [whole, whole.replace(/=+$/, ''), ...inStep]
      // Fewer characters than these stand in ordinary words, too.
      .filter((text) => text.length >= 6)
      .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  );
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
