import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { TZ: 'UTC' },
    // A process per file, so that servers, stores and the environment of one file never meet another's; two at a
    // time, since that is what a small build machine has.
    pool: 'forks',
    maxWorkers: 2,
    // Far more than any needs: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test that asserts nothing cannot fail.
    expect: { requireAssertions: true },
    reporters: ['default'],
  },
});
