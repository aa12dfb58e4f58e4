import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

// No Docker engine runs where these tests do: this is what can be told from the files alone.
const dockerfile = await readFile('Dockerfile', 'utf8');
interface Service extends Readonly<Record<string, unknown>> {
  readonly volumes: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}
const compose = parse(await readFile('compose.yml', 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<'bot' | 'bot-2' | 'bot-3' | 'postgres', Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const { bot } = compose.services;
const settingsOfImage = [...dockerfile.matchAll(/\b(HOST|[A-Z]+_DIR)=(\S+)/g)].map(
  ([, name = '', value = '']) => [name, value] as const,
);

test('every image that is built upon is pinned to a patch version', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(bases).toHaveLength(3);
  for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+\.\d+-/);
});

test('what it copies exists, and .dockerignore lets it through', async () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)]
    .flatMap(([, words]) => (words ?? '').split(' ').slice(0, -1))
    .filter((word) => !word.startsWith('--'));
  const allowed = (await readFile('.dockerignore', 'utf8')).split('\n');

  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  expect(allowed).toEqual(expect.arrayContaining(copied.map((path) => `!${path}`)));
});

test('the last stage runs as a user without rights, with a health check', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(last).toMatch(/^USER node$/m);
  expect(last).toMatch(/^HEALTHCHECK /m);
  expect(last).not.toMatch(/^RUN npm/m);
});

test('compose.yml gives it nothing that it does not need', () => {
  expect(bot).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ports: ['127.0.0.1:3000:3000'],
    // An empty line of .env would go over what the image says.
    environment: Object.fromEntries([...settingsOfImage, ['PORT', '3000']]),
  });
  // Everything that it writes to, or reads its configuration from.
  const places = settingsOfImage.filter(([name]) => name !== 'HOST').map(([, place]) => place);
  expect(places).toHaveLength(3);
  expect(bot.volumes.map((volume) => volume.split(':')[1])).toEqual(expect.arrayContaining(places));
});

test('compose.yml starts one bot; with the profile “replicas” two more like it, and a database that only they reach', () => {
  const { services, volumes } = compose;
  const profiles = Object.entries(services).map(([name, service]) => [name, service['profiles']]);
  const replicas = ['replicas'];
  expect(profiles).toEqual([
    ['bot', undefined],
    ['bot-2', replicas],
    ['bot-3', replicas],
    ['postgres', replicas],
  ]);
  const [, ...configuration] = bot.volumes;
  for (const [n, name] of [[2, 'bot-2'] as const, [3, 'bot-3'] as const]) {
    const ports = [`127.0.0.1:${2_999 + n}:3000`];
    expect(services[name]).toEqual({
      ...bot,
      profiles: replicas,
      ports,
      volumes: [`data-${n}:/data`, ...configuration],
    });
  }
  // Without the profile there is no password and no database, and the store is a file.
  expect(bot['depends_on']).toEqual({ postgres: { condition: 'service_healthy', required: false } });
  const { POSTGRES_USER: user, POSTGRES_DB: database } = services.postgres.environment;
  const url = `postgres://${user}:\${POSTGRES_PASSWORD}@postgres:5432/${database}`;
  expect(bot.environment['DATABASE_URL']).toBe(`\${DATABASE_URL:-\${POSTGRES_PASSWORD:+${url}}}`);
  expect(services.postgres).not.toHaveProperty('ports');
  expect(services.postgres['image']).toMatch(/^postgres:\d+\.\d+-/);
  const named = Object.values(services).flatMap((service) =>
    service.volumes.map((each) => each.split(':')[0]),
  );
  expect(named.filter((name) => !name?.startsWith('.'))).toEqual(Object.keys(volumes));
});

test('it lists all that it holds in sbom.cdx.json, and nothing that is for development', async () => {
  const [, commands = ''] = /^RUN (npm pkg delete [^]+?sbom\.cdx\.json)$/m.exec(dockerfile) ?? [];
  expect(dockerfile).toContain('COPY --from=dependencies /app/sbom.cdx.json ./');

  const stage = await mkdtemp(join(tmpdir(), 'lastgood-sbom-'));
  onTestFinished(() => rm(stage, { recursive: true }));
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) await copyFile(file, join(stage, file));
  await promisify(execFile)('sh', ['-ec', commands], { cwd: stage });
  const sbom = JSON.parse(await readFile(join(stage, 'sbom.cdx.json'), 'utf8')) as {
    readonly bomFormat: string;
    readonly components: readonly {
      readonly name: string;
      readonly version: string;
      readonly hashes?: readonly unknown[];
    }[];
  };
  expect(sbom.bomFormat).toBe('CycloneDX');
  expect(sbom.components.filter(({ hashes }) => !hashes?.length)).toEqual([]);

  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>>;
  };
  const held = Object.entries(packages).flatMap(([folder, { version, dev }]) =>
    folder === '' || dev ? [] : [`${folder.slice(folder.lastIndexOf('node_modules/') + 13)} ${version}`],
  );
  const listed = sbom.components.map(({ name, version }) => `${name} ${version}`);
  expect(new Set(listed)).toEqual(new Set(held));
});
