import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

// No Docker engine runs where these tests do: this is what can be told from the files alone.
const dockerfile = await readFile('Dockerfile', 'utf8');
const compose = parse(await readFile('compose.yml', 'utf8')) as {
  services: { bot: Record<string, unknown> & { volumes: string[] } };
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
