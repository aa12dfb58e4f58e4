import fc from 'fast-check';

/** Text that has broken something somewhere before. */
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u202e',
    '\ud800',
    '<!here>',
    '<@U0ANA>',
    '<http://evil.example|ok>',
    '__proto__',
    'constructor',
    'toString',
    '../../etc/passwd',
    '$(id)',
    '${{ secrets.X }}',
    '{{version}}',
    "'; DROP TABLE event; --",
    'javascript:alert(1)',
    'http://user:password@127.0.0.1/',
    'http://[::ffff:127.0.0.1]:1/',
    '-1',
    '1e400',
    '0x10',
    '99999999999999999999',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00.000Z',
    '-271821-04-20T00:00:00.000Z',
    'INC-0',
    'INC-999999999',
    'OP-1',
    'last-good',
    'v1.2.3-rc.1+build',
    '1.2.3.4',
    'x'.repeat(5_000),
    '🙂'.repeat(600),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(null, true, 0, -1, 0.5, 2 ** 53, 1e308, [], {}, [[]], [null], { a: { b: {} } }),
  fc.dictionary(
    fc.oneof(fc.constantFrom('__proto__', 'constructor', 'length', 'summary'), oddText),
    oddText,
    {
      maxKeys: 3,
    },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

type Change = readonly [
  place: number,
  how: 'replace' | 'remove' | 'join' | 'copy',
  value: unknown,
  key: string,
];

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom('replace', 'replace', 'remove', 'join', 'copy'), oddValue, oddText),
  { maxLength: 4 },
);

/** Genuine JSON, changed in a few places: nearly right, and wrong in one way or another. */
export function nearly(...genuine: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...genuine), changes)
    .map(([value, all]) => all.reduce((changed, change) => apply(changed, change), structuredClone(value)));
}

/** Genuine text, changed in a few places. */
export function nearlyText(genuine: string, ...words: readonly string[]): fc.Arbitrary<string> {
  const part = words.length === 0 ? oddText : fc.oneof(fc.constantFrom(...words), oddText);
  const edit = fc.tuple(fc.nat(genuine.length), fc.nat(30), part);
  return fc
    .array(edit, { maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), genuine),
    );
}

function apply(value: unknown, [place, how, odd, key]: Change): unknown {
  const spots = spotsBelow(value);
  const spot = spots[place % (spots.length + 1)];
  const put = structuredClone(odd);
  // The one beyond the last stands for all of it.
  if (!spot) return put;
  const { inside, at } = spot;
  if (how === 'replace') set(inside, at, put);
  else if (how === 'remove') delete inside[at];
  else {
    const more = how === 'join' ? put : structuredClone(inside[at]);
    if (Array.isArray(inside)) inside.push(more);
    else set(inside, key, more);
  }
  return value;
}

type Json = Record<string, unknown>;

function spotsBelow(value: unknown): readonly { readonly inside: Json; readonly at: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = value as Json;
  return Object.keys(inside).flatMap((at) => [{ inside, at }, ...spotsBelow(inside[at])]);
}

/** As JSON.parse does: `__proto__` becomes a key of its own. */
function set(inside: Json, at: string, value: unknown): void {
  Object.defineProperty(inside, at, { value, enumerable: true, configurable: true, writable: true });
}

/** As text, where a form or a header takes nothing else. */
export const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** The keys and values of what may be anything. */
export const partsOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];
