import { afterAll, describe, expect, it, test } from 'vitest';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { apiTokens, callerOf } from '../../src/trust/api-token.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { isWebhookToken, webhookTokens } from '../../src/trust/webhook-token.ts';
import { policies } from '../support/given.ts';
import { emptyFolder, lastgood, type Environment } from './support/run.ts';

const folder = emptyFolder();
afterAll(folder.remove);

const here = { POLICIES_DIR: examplePolicies };
const old = sha256Hex('an older token');

async function created(words: string, env: Environment = {}) {
  const ran = await lastgood(['token', 'create', ...words.split(' ')], { ...here, ...env }, folder.path);
  if (ran.code !== 0) throw new Error(ran.stderr);
  const [, token = ''] = /^ {2}([\w-]{40,})$/m.exec(ran.stdout) ?? [];
  const [, setting = '', value = ''] = /^ {2}(\w+)='(.*)'$/m.exec(ran.stdout) ?? [];
  expect(value).not.toContain(token);
  return { token, setting, value: JSON.parse(value) as unknown, stdout: ran.stdout };
}

describe('A token for a webhook', () => {
  it.each(['webhook alertmanager', 'alertmanager'])('lets its source in: %s', async (words) => {
    const { token, setting, value } = await created(words);
    expect(setting).toBe('WEBHOOK_TOKENS');
    expect(isWebhookToken(webhookTokens.parse(value), 'alertmanager', `Bearer ${token}`)).toBe(true);
  });

  it('stands beside what was there, of its own source, too', async () => {
    const before = JSON.stringify({ generic: old, grafana: [old] });
    const { token, value, stdout } = await created('webhook generic', { WEBHOOK_TOKENS: before });
    expect(value).toEqual({ generic: [old, sha256Hex(token)], grafana: old });
    expect(stdout).toContain('goes on working');
    expect(stdout).toContain('The line holds every token.');
  });
});

describe('A token for the API', () => {
  it.each([
    ['api ana-laptop --person ana', { person: 'ana', roles: ['responder'] }],
    ['api ben --person ben --role approver', { person: 'ben', roles: ['approver'] }],
    ['api deploy --role release-bot --role reader', { person: undefined, roles: ['release-bot', 'reader'] }],
  ])('is whose and for what it was made: %s', async (words, rights) => {
    const { token, setting, value } = await created(words);
    expect(setting).toBe('API_TOKENS');
    const letIn = callerOf(apiTokens.parse(value), `Bearer ${token}`, policies.roster, 'api');
    if ('error' in letIn) throw new Error(letIn.error);
    const { actor, roles } = letIn.caller;
    expect({ person: actor.kind === 'person' ? actor.person : undefined, roles }).toEqual(rights);
  });

  const before = JSON.stringify({ ci: { sha256: old, roles: ['reader'] } });

  it('stands beside what was there, and renews what has its name', async () => {
    const added = await created('api deploy --role release-bot', { API_TOKENS: before });
    expect(added.value).toMatchObject({ ci: { sha256: old }, deploy: { sha256: sha256Hex(added.token) } });
    const renewed = await created('api ci', { API_TOKENS: before });
    expect(renewed.value).toEqual({ ci: { sha256: [old, sha256Hex(renewed.token)], roles: ['reader'] } });
  });

  it('does not take the name of one that may do something else', async () => {
    const words = ['token', 'create', 'api', 'ci', '--role', 'lead'];
    const { code, stderr } = await lastgood(words, { ...here, API_TOKENS: before }, folder.path);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('other rights (reader)'),
    });
  });
});

describe('It says what was probably meant:', () => {
  test.each<[string, string, number, Environment?]>([
    ['webhook alertmanger', 'Did you mean alertmanager?', 2],
    ['webhook github', 'it signs', 2],
    ['api x', 'Say what it may do', 2],
    ['api x --role responer', 'Did you mean responder?', 2],
    ['api x --person anna', 'Did you mean ana?', 2],
    ['api x --person ana --role lead', 'Ana Ruiz has not the role lead', 2],
    ['api x --person ana --role release-bot', 'Make one without --person', 2],
    ['api ../x --role reader', 'expected a name such as ana-laptop', 2],
    ['api x --role reader', 'API_TOKENS is no JSON', 78, { API_TOKENS: 'hidden{' }],
    [
      'webhook generic',
      'WEBHOOK_TOKENS (generic) expected the SHA-256',
      78,
      { WEBHOOK_TOKENS: '{"generic":"hidden"}' },
    ],
  ])('%s', async (words, said, expected, env = {}) => {
    const ran = await lastgood(['token', 'create', ...words.split(' ')], { ...here, ...env }, folder.path);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: expected, stdout: '' });
    expect(ran.stderr).toContain(said);
    expect(ran.stderr).not.toContain('hidden');
  });
});
