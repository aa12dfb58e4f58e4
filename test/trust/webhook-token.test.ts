import { expect, it } from 'vitest';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { isWebhookToken, webhookTokens } from '../../src/trust/webhook-token.ts';

const tokens = webhookTokens.parse({
  alertmanager: [sha256Hex('old'), sha256Hex('new')],
  generic: sha256Hex('other'),
});

it('hashes as everybody does', () => {
  // FIPS 180-2, appendix B.1
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it.each([
  ['alertmanager', 'Bearer old', true],
  ['alertmanager', 'Bearer new', true],
  ['alertmanager', 'bearer new', true],
  ['generic', 'Bearer other', true],
  ['alertmanager', 'Bearer other', false],
  ['generic', 'Bearer old', false],
  ['alertmanager', 'Bearer ol', false],
  ['alertmanager', 'Bearer oldd', false],
  ['alertmanager', `Bearer ${sha256Hex('old')}`, false],
  ['alertmanager', 'Bearer ', false],
  ['alertmanager', 'Bearer old new', false],
  ['alertmanager', 'Basic old', false],
  ['alertmanager', 'old', false],
  ['alertmanager', '', false],
  ['alertmanager', undefined, false],
  ['alertmanager', ['Bearer old', 'Bearer new'], false],
  ['grafana', 'Bearer old', false],
  ['constructor', 'Bearer old', false],
  ['__proto__', 'Bearer old', false],
])('%s with %j: %s', (source, authorization, expected) => {
  expect(isWebhookToken(tokens, source, authorization)).toBe(expected);
});

it('lets nobody in by a hash of another length, and does not fall over it', () => {
  expect(isWebhookToken({ generic: ['', 'ab', sha256Hex('a') + '00'] }, 'generic', 'Bearer a')).toBe(false);
});

it.each([
  ['a token instead of its hash', 'secret'],
  ['no hash', []],
  ['an upper-case hash', sha256Hex('a').toUpperCase()],
  ['a number', 7],
])('refuses %s in the configuration', (_, value) => {
  expect(webhookTokens.safeParse({ generic: value }).success).toBe(false);
});
