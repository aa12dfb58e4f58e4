import { expect, it } from 'vitest';
import { executors } from '../../src/executors/index.ts';
import { secret } from '../../src/trust/secrets.ts';

const now = () => 0;
const github = { token: secret('ghp_x'), apiUrl: 'https://api.github.com' };
const sentry = { token: secret('sntrys_x'), url: 'https://sentry.io', organization: 'acme' };

it('has every executor that is configured, under its own name', () => {
  expect([...executors({ now, github, sentry }).keys()]).toEqual([
    'health',
    'github-workflow',
    'sentry-release',
  ]);
});

it('leaves out what is not configured', () => {
  expect([...executors({ now, github: undefined, sentry: undefined }).keys()]).toEqual(['health']);
});
