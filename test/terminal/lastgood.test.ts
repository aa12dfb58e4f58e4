import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { isWebhookToken, webhookTokens } from '../../src/trust/webhook-token.ts';

const run = promisify(execFile);

function lastgood(
  ...words: readonly string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, ['dist/src/terminal/lastgood.js', ...words]);
}

test('token create prints a token once, and the setting that lets it in', async () => {
  const { stdout } = await lastgood('token', 'create', 'alertmanager');
  const token = /^ {2}(\S{40,})$/m.exec(stdout)?.[1];
  const setting = /WEBHOOK_TOKENS='(.*)'/.exec(stdout)?.[1] ?? '';
  const tokens = webhookTokens.parse(JSON.parse(setting));
  expect(isWebhookToken(tokens, 'alertmanager', `Bearer ${token}`)).toBe(true);
  expect(setting).not.toContain(token);
});

test('manifest slack prints what manifest.yml holds, for an address of your own', async () => {
  const { stdout } = await lastgood('manifest', 'slack', '--http', 'https://lastgood.example.com');
  expect(stdout).toBe(await readFile('manifest.yml', 'utf8'));
});

test.each([
  [['tokne'], 'Unknown argument: tokne'],
  [[], 'Say which command'],
  [['token'], 'Say what to do: create.'],
  [['manifest', 'slack', '--http', 'http://here'], 'takes an https URL'],
])('%j is answered with what to type, and exit 2', async (words, said) => {
  await expect(lastgood(...words)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
});
