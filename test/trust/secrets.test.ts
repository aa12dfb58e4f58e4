import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoter, reveal, scrubber, secret } from '../../src/trust/secrets.ts';
import { newSigningKey } from '../../src/trust/signing-key.ts';

const canary = 'xoxb-1234567890-kanari+/=';

describe('a secret', () => {
  const token = secret(canary);

  it('gives its value to reveal and to nothing else', () => {
    expect(reveal(token)).toBe(canary);
    expect(Object.entries(token)).toEqual([]);
    expect(Reflect.ownKeys({ ...token })).toEqual([]);
  });

  it.each([
    ['String()', String(token)],
    ['joining', [token].join()],
    ['JSON', JSON.parse(JSON.stringify({ token })).token],
    ['inspect', inspect(token)],
    ['inspect, deep inside', inspect({ a: { b: [token] } }, { depth: 9 }).match(/\[secret\]/)?.[0]],
    ['format %s', format('%s', token)],
    ['format %o', format('%o', token)],
  ])('prints as [secret] in %s', (_, text) => {
    expect(text).toBe('[secret]');
  });

  it('prints as [secret] in a template that the linter did not stop', () => {
    expect(`token ${token as unknown as string}`).toBe('token [secret]');
  });

  it('shows nothing even when its printing is bypassed', () => {
    const bypassed = inspect(token, { customInspect: false, showHidden: true, getters: true, depth: 9 });
    expect(bypassed).not.toContain('kanari');
  });

  it('refuses to reveal what is not a secret', () => {
    expect(() => reveal({} as never)).toThrow(TypeError);
  });
});

describe('the scrubber', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAw+/x\n-----END PRIVATE KEY-----\n';
  const scrub = scrubber([
    secret(canary),
    secret('abcd'),
    secret('abcd-longer'),
    secret(pem),
    secret('smtp://bot:p%40ssw0rd@mail.example:587'),
  ]);

  it.each([
    ['as it is', `token ${canary}.`, 'token [secret].'],
    ['more than once', `${canary} ${canary}`, '[secret] [secret]'],
    ['the longer of two that begin alike', 'abcd-longer', '[secret]'],
    ['URL-encoded', `?t=${encodeURIComponent(canary)}&x`, '?t=[secret]&x'],
    ['URL-encoded in lower case', '?t=xoxb-1234567890-kanari%2b%2f%3d', '?t=[secret]'],
    ['in a form', new URLSearchParams({ t: canary }).toString(), 't=[secret]'],
    ['in base64', Buffer.from(canary).toString('base64'), '[secret]'],
    ['in base64url', Buffer.from(canary).toString('base64url'), '[secret]'],
    ['with line breaks, inside JSON', JSON.stringify({ pem }), '{"pem":"[secret]"}'],
    ['the password of a URL, decoded', 'login bot p@ssw0rd failed', 'login bot [secret] failed'],
    ['the whole URL', 'to smtp://bot:p%40ssw0rd@mail.example:587', 'to [secret]'],
  ])('replaces a secret: %s', (_, text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  it('finds it in a Basic header, whatever the user name does to the base64', () => {
    for (const user of ['', 'a', 'ab', 'abc']) {
      const header = Buffer.from(`${user}:${canary}!`).toString('base64');
      expect(scrub(`Authorization: Basic ${header}`)).toContain('[secret]');
    }
  });

  it('finds each line of a key, whatever became of the breaks between them', () => {
    const pem = newSigningKey().privatePem;
    const [, line = ''] = pem.split('\n');
    const hide = scrubber([secret(pem)]);
    for (const said of [
      pem,
      JSON.stringify({ body: JSON.stringify({ pem }) }),
      pem.replaceAll('\n', ' '),
      line,
    ])
      expect(hide(said)).toMatch(/^(?!.*MC4CAQ).*\[secret\]/s);
  });

  it('leaves other text alone', () => {
    expect(scrub('a sentence about abc, tokens & 100 % health')).toBe(
      'a sentence about abc, tokens & 100 % health',
    );
    expect(scrubber([])('anything')).toBe('anything');
    expect(scrubber([secret('abc')])('abc')).toBe('abc');
  });

  it('never lets a secret through, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 8 }), fc.string(), (before, value, after) => {
        expect(scrubber([secret(value)])(`${before}${value}${after}`)).not.toContain(value);
      }),
      { examples: [['', '$&$1`\\d.*', '']], seed: 7 },
    );
  });
});

describe('the quoter', () => {
  it('makes one clean line of whatever another side said', () => {
    const quote = quoter([secret(canary)]);
    expect(quote(` 500\r\nBcc: x\u0000 ${canary}\u202Etxt.\u2028end `)).toBe('500 Bcc: x [secret] txt. end');
  });

  it('cuts to the limit, never through a character', () => {
    expect(quoter([], 5)('12345')).toBe('12345');
    expect(quoter([], 5)('123456')).toBe('1234…');
    expect(quoter([], 5)('123😀56')).toBe('123…');
  });
});
