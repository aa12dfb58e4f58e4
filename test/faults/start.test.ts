import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registryFile } from '../../src/bot/registry.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { seedFolders, type Folders } from '../../src/sandbox/seed.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { refusedStart, startProcess, type Ended, type Environment } from './support/process.ts';

const wrongConfiguration = 78;

let root: string;
let folders: Folders;
let environment: Environment;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-start-'));
  folders = await seedFolders(root, examplePolicies, 'http://127.0.0.1:9', Date.now());
  environment = {
    PORT: '0',
    DATA_DIR: folders.dataDir,
    POLICIES_DIR: folders.policiesDir,
    SECURITY_DIR: folders.securityDir,
    SLACK_BOT_TOKEN: 'xoxb-a-token',
    SLACK_SIGNING_SECRET: 'a-signing-secret',
    SLACK_API_URL: 'http://127.0.0.1:9/api/',
  };
});
afterEach(() => rm(root, { recursive: true }));

describe('It does not start, exits with 78, and says what to do', () => {
  test('when settings are missing or wrong: all of them at once, by name and never by value', async () => {
    const ended = await refusedStart({
      PORT: 'eighty-eighty',
      SLACK_API_URL: 'ftp://hidden.example',
      SENTRY_AUTH_TOKEN: 'hidden-sentry-token',
      SMTP_URL: 'http://user:hidden-password@mail.example',
      MAIL_FROM: 'hidden, nobody',
      WEBHOOK_TOKENS: '{"generic": "hidden-because-it-is-no-hash"}',
      LOG_LEVEL: 'hidden-level',
      SLACK_SIGNING_SECRET_FILE: '/hidden/file',
    });

    expectRefusal(ended);
    for (const name of [
      'PORT',
      'SLACK_API_URL',
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      'SLACK_SIGNING_SECRET_FILE',
      'SMTP_URL',
      'MAIL_FROM',
      'WEBHOOK_TOKENS',
      'LOG_LEVEL',
    ])
      expect(ended.stderr).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(ended.stderr).toContain('SLACK_APP_TOKEN is missing (or SLACK_SIGNING_SECRET, if ');
    expect(ended.stdout + ended.stderr).not.toMatch(/hidden|eighty/);
  });

  test('when half of a pair is missing', async () => {
    const ended = await refusedStart({ ...environment, SENTRY_AUTH_TOKEN: 'hidden-sentry-token' });

    expectRefusal(ended);
    expect(ended.stderr).toContain('SENTRY_ORG is missing: it goes with SENTRY_AUTH_TOKEN');
  });

  test('when policies have mistakes: file, line, and what was expected, for all of them', async () => {
    await edit('severity.yml', (text) => text.replace('acknowledge_within: 5m', 'acknowledge_within: 300'));
    await edit('roster.yml', (text) => text.replace('roles: [responder]', 'roles: [responser]'));
    await rm(join(folders.policiesDir, 'services.yml'));

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/severity\.yml:\d+:\d+ .*expected a duration such as 90s, 15m, 2h or 4d/);
    expect(ended.stderr).toMatch(/roster\.yml:\d+:\d+ .*expected .*responder.*responser/);
    expect(ended.stderr).toMatch(/services\.yml.*missing/);
  });

  test('when the registry was edited into nonsense: file and line, and it is left as it is', async () => {
    const path = join(folders.securityDir, registryFile);
    const nonsense = (await readFile(path, 'utf8')).replace('"to_version": "1.4.2"', '"to_version": "one"');
    await writeFile(path, nonsense);

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/release_channels\.json cannot be used and was left as it is/);
    expect(ended.stderr).toMatch(
      /line \d+, history\.1\.to_version: expected a SemVer version such as 1\.4\.2/,
    );
    expect(await readFile(path, 'utf8')).toBe(nonsense);
    expect(await readdir(folders.securityDir)).toEqual([registryFile]);
  });

  test('when the registry is no JSON', async () => {
    await appendFile(join(folders.securityDir, registryFile), '<<<<<<< HEAD\n');

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/release_channels\.json.*\n? *line \d+: expected JSON/);
  });

  test('when another process has the store', async () => {
    const first = await startProcess(environment);

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/in use by another process/);
    expect(ended.stderr).toMatch(/stop it first/);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
    await first.kill();
  });

  test('when its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;

    const ended = await refusedStart({ ...environment, PORT: String(port) });
    other.close();

    expectRefusal(ended);
    expect(ended.stderr).toContain(`Port ${port} is taken by another program`);
  });

  test('when its address is not of this machine', async () => {
    const ended = await refusedStart({ ...environment, HOST: '203.0.113.7' });

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/203\.0\.113\.7.*HOST/);
  });

  test.each(['DATA_DIR', 'SECURITY_DIR'])('when %s cannot be a folder', async (name) => {
    const file = join(root, 'a-file');
    await writeFile(file, '');

    for (const place of [file, join(file, 'below')]) {
      const ended = await refusedStart({ ...environment, [name]: place });

      expectRefusal(ended);
      expect(ended.stderr).toContain(file);
      expect(ended.stderr).toMatch(/folder|written/);
    }
  });

  test('when the store is damaged: it is left as it is', async () => {
    const path = join(folders.dataDir, 'lastgood.db');
    await (await openSqliteStore({ path })).close();
    const damaged = (await readFile(path)).fill(7, 4_096, 12_000);
    await writeFile(path, damaged);

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/damaged.*To restore: /);
    expect(await readFile(path)).toEqual(damaged);
  });

  test('when the store is damaged and its log is not in it yet: both are left as they are', async () => {
    const elsewhere = join(root, 'lastgood.db');
    const receive = async (names: readonly string[]) => {
      const store = await openSqliteStore({ path: elsewhere });
      const items = names.map((id) => ({ id, source: 'slack', at: 0, body: 'x'.repeat(500) }));
      await Promise.all(items.map(store.receive));
      return store;
    };
    await (await receive(Array.from({ length: 2_000 }, (_, n) => `old ${n}`))).close();
    const store = await receive(['new']);
    // As kill -9 leaves them.
    const [database, log] = [await readFile(elsewhere), await readFile(`${elsewhere}-wal`)];
    await store.close();
    const damaged = database.fill(7, 400_000, 412_000);
    const path = join(folders.dataDir, 'lastgood.db');
    await writeFile(path, damaged);
    await writeFile(`${path}-wal`, log);

    const ended = await refusedStart(environment);

    expectRefusal(ended);
    expect(ended.stderr).toMatch(/damaged.*To restore: /s);
    expect((await readFile(path)).equals(damaged)).toBe(true);
    expect((await readFile(`${path}-wal`)).equals(log)).toBe(true);
  });
});

/** Words for people, and no stack of ours. */
function expectRefusal({ code, stdout, stderr }: Ended): void {
  expect(stderr).toMatch(/^Lastgood cannot start\. /);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).not.toContain('is ready');
  expect(code).toBe(wrongConfiguration);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(folders.policiesDir, file);
  await writeFile(path, change(await readFile(path, 'utf8')));
}
