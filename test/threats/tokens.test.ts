import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretsOf } from '../../src/config.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { people } from '../../src/sandbox/cast.ts';
import { apiOf } from '../http/api-world.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld({}, [], { logLevel: 'trace' });
});
afterAll(() => world.close());

const hash = /^[0-9a-f]{64}$/;

describe('API and webhook tokens', () => {
  test('are known to Lastgood only as SHA-256', () => {
    const { apiTokens: api, webhookTokens: webhook } = world.settings;
    const kept = [...Object.values(api).flatMap(({ sha256 }) => sha256), ...Object.values(webhook).flat()];
    expect(kept.length).toBeGreaterThan(5);
    for (const one of kept) expect(one).toMatch(hash);
    const settings = JSON.stringify(world.settings);
    for (const token of [...Object.values(apiTokens), world.webhookToken])
      expect(settings).not.toContain(token);
    // So that nothing could be scrubbed of them: they must not get that far.
    expect(secretsOf(world.settings).length).toBeGreaterThan(5);
  });

  test('are in no log, store, file, message or answer, whether they were right, wrong or misplaced', async () => {
    const wrong = 'a-token-that-was-mistyped-by-somebody';
    const tokens = [apiTokens.ana, apiTokens['release-bot'], world.webhookToken, wrong];
    const answers: string[] = [];
    const ask = async (path: string, init: RequestInit): Promise<void> => {
      const response = await fetch(`${world.bot().url}${path}`, init);
      answers.push(await response.text(), JSON.stringify([...response.headers]));
      await world.settle();
    };
    const alert = JSON.stringify({ key: 'k', title: 'T', service: 'checkout', severity: 'P1' });
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const post = (body: string) => ({ method: 'POST', headers, body });
      for (const source of ['generic', 'alertmanager', 'grafana', 'sentry', 'github', 'pagerduty'])
        for (const body of [alert, '{', '{"neither":"this"}']) await ask(`/webhooks/${source}`, post(body));
      await ask('/api/v1/commands/incident-ack', post('{"line":"INC-1"}'));
      await ask('/api/v1/commands/incident-ack', post('{'));
      await ask('/api/v1/deployments', post('{"channel":"canary","version":"1.9.0"}'));
      await ask('/api/v1/incidents', { headers });
      await ask('/slack/events', post('payload={}'));
    }
    const { command } = apiOf(world, 'ana');
    answers.push((await command('lastgood-doctor', { line: '' })).text);
    answers.push((await command('incident-postmortem', { line: 'INC-1' })).text);
    await world.settle();
    const log = world.log();
    await world.stopBot();

    const { dataDir, securityDir } = world.settings;
    const places: Readonly<Record<string, string>> = {
      log,
      answers: answers.join('\n'),
      files: (await Promise.all([dataDir, securityDir].map(bytesBelow))).join('\n'),
      Slack: JSON.stringify([
        world.slack.conversations().map(({ id }) => world.slack.messages(id)),
        Object.values(people).map(({ id }) => world.slack.ephemerals(id)),
      ]),
      elsewhere: JSON.stringify([world.mail.mails(), world.pagerduty.log(), world.sentry.releases()]),
    };
    const forms = tokens.flatMap((token) => [token, Buffer.from(token).toString('base64')]);
    for (const [place, said] of Object.entries(places))
      expect([place, forms.filter((form) => said.includes(form))]).toEqual([place, []]);
    // It would prove nothing if nothing had come through.
    expect(places['files']).toContain('checkout');
    expect(answers.join('\n')).toContain('This token is not known here');
    await world.startBot();
  });
});

async function bytesBelow(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const files = names.map(async (name) => {
    const path = join(folder, name);
    return (await stat(path)).isFile() ? readFile(path, 'utf8') : '';
  });
  return (await Promise.all(files)).join('\n');
}
