import { describe, expect, it } from 'vitest';
import { apiTokens, callerOf } from '../../src/trust/api-token.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { policies } from '../support/given.ts';

const { roster } = policies;

const tokens = apiTokens.parse({
  'ben-laptop': {
    sha256: [sha256Hex('bens-old'), sha256Hex('bens-new')],
    roles: ['approver', 'lead'],
    person: 'ben',
  },
  'ben-phone': { sha256: sha256Hex('phone'), roles: ['reader'], person: 'ben' },
  ci: { sha256: sha256Hex('ci'), roles: ['responder', 'approver'] },
  'release-bot': { sha256: sha256Hex('bot'), roles: ['release-bot'] },
  gone: { sha256: sha256Hex('gone'), roles: ['lead'], person: 'eve' },
  odd: { sha256: sha256Hex('odd'), roles: ['lead'], person: 'constructor' },
});

function enter(authorization: string | readonly string[] | undefined) {
  return callerOf(tokens, authorization, roster, 'api');
}

describe('A token', () => {
  it.each(['Bearer bens-old', 'bearer bens-new'])('has several while one is replaced: %s', (header) => {
    expect(enter(header)).toMatchObject({ caller: { token: 'ben-laptop' } });
  });

  it('that names a person acts as that person, with the roles that both give', () => {
    const ben = callerOf(tokens, 'Bearer bens-new', roster, 'terminal');
    expect(ben).toEqual({
      caller: {
        token: 'ben-laptop',
        roles: ['approver', 'lead'],
        actor: {
          kind: 'person',
          person: 'ben',
          account: 'token ben-laptop',
          name: 'Ben Okafor',
          roles: ['approver'],
          narrowed: true,
          via: 'terminal',
        },
      },
    });
  });

  it('that gives none of the roles of its person leaves them none', () => {
    const caller = { token: 'ben-phone', actor: { person: 'ben', roles: [], narrowed: true } };
    expect(enter('Bearer phone')).toMatchObject({ caller });
  });

  it('that names nobody acts for itself', () => {
    const actor = { kind: 'token', name: 'ci', roles: ['responder', 'approver'], via: 'api' };
    expect(enter('Bearer ci')).toMatchObject({ caller: { actor } });
    expect(enter('Bearer bot')).toMatchObject({ caller: { roles: ['release-bot'] } });
  });

  it.each(['Bearer gone', 'Bearer odd'])(
    'for somebody who is not in the roster lets nobody in: %s',
    (header) => {
      expect(enter(header)).toMatchObject({
        status: 403,
        error: expect.stringMatching(/stands for “(eve|constructor)”, who is not in roster\.yml/),
      });
    },
  );

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['another scheme', 'Basic ci'],
    ['no scheme', 'ci'],
    ['a part of a token', 'Bearer c'],
    ['more than a token', 'Bearer cii'],
    ['two in one', 'Bearer ci bot'],
    ['two headers', ['Bearer ci', 'Bearer ci']],
    ['a hash', `Bearer ${sha256Hex('ci')}`],
    ['the name', 'Bearer release-bot'],
  ])('401: %s', (_, header) => {
    expect(enter(header)).toEqual({ status: 401, error: expect.stringContaining('API_TOKENS') });
  });

  it('lets nobody in where there are none', () => {
    expect(callerOf({}, 'Bearer ci', roster, 'api')).toMatchObject({ status: 401 });
  });
});

const hash = sha256Hex('x');

it.each([
  ['a token instead of its hash', { ci: { sha256: 'secret', roles: ['lead'] } }],
  ['no roles', { ci: { sha256: hash, roles: [] } }],
  ['roles left out', { ci: { sha256: hash } }],
  ['an unknown role', { ci: { sha256: hash, roles: ['admin'] } }],
  ['something else in it', { ci: { sha256: hash, roles: ['lead'], expires: 'never' } }],
  ['no name', { '': { sha256: hash, roles: ['lead'] } }],
  ['a name with a slash', { 'a/b': { sha256: hash, roles: ['lead'] } }],
  [
    'one token under two names',
    { a: { sha256: hash, roles: ['lead'] }, b: { sha256: [hash], roles: ['lead'] } },
  ],
  ['a list', []],
])('the setting is refused: %s', (_, value) => {
  expect(apiTokens.safeParse(value).success).toBe(false);
});
