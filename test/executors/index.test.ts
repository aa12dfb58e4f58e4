import { expect, it } from 'vitest';
import { executors } from '../../src/executors/index.ts';
import { secret } from '../../src/trust/secrets.ts';

const own = {
  now: () => 0,
  dataDir: './data',
  commandDir: '.',
  environment: {},
  secrets: [],
  isShared: false,
};
const github = { token: secret('ghp_x'), apiUrl: 'https://api.github.com' };
const sentry = { token: secret('sntrys_x'), url: 'https://sentry.io', organization: 'acme' };

it('has every executor that is configured, under its own name', () => {
  expect([...executors({ ...own, github, sentry }).keys()]).toEqual([
    'health',
    'command',
    'http',
    'github-workflow',
    'sentry-release',
  ]);
});

it('leaves out commands where several machines share the store', () => {
  expect([...executors({ ...own, isShared: true, github, sentry }).keys()]).not.toContain('command');
});

it('leaves out what is not configured', () => {
  expect([...executors({ ...own, github: undefined, sentry: undefined }).keys()]).toEqual([
    'health',
    'command',
    'http',
  ]);
});
