import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbName } from '../../commands/by-name.ts';
import { verbs } from '../../commands/index.ts';
import { readArguments, readNamed } from '../../commands/read-arguments.ts';
import type { Asking } from '../../commands/verb.ts';
import { exampleArguments, exampleLine } from '../../src/http/api/about-commands.ts';
import { ana, policies, start } from '../support/given.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  /** Empty: it asks for no token. */
  readonly security?: readonly [];
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string }[];
}

let world: StillWorld;
let described: Described;

beforeAll(async () => {
  world = await stillWorld();
  const response = await fetch(`${world.bot().url}/openapi.json`);
  described = (await response.json()) as Described;
});
afterAll(() => world.close());

it('is valid OpenAPI 3.1, and needs no token', async () => {
  expect(described.openapi).toBe('3.1.0');
  expect(await new Validator().validate({ ...structuredClone(described) })).toEqual({ valid: true });
});

it('has every verb', () => {
  const commands = Object.keys(described.paths).filter((path) => path.startsWith('/api/v1/commands/'));
  expect(commands).toEqual(verbs.map((verb) => `/api/v1/commands/${verbName(verb)}`));
});

it('names every operation once', () => {
  const ids = Object.values(described.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

it('describes what is there: every path answers, and asks for a token unless it says otherwise', async () => {
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, { parameters = [], security }] of Object.entries(methods)) {
      const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        String(parameters.find((each) => each.name === name)?.example),
      );
      const response = await fetch(`${world.bot().url}${url}`, { method: method.toUpperCase() });
      expect([url, response.status]).toEqual([url, security ? 200 : 401]);
      expect(response.headers.get('www-authenticate')).toBe(security ? null : 'Bearer');
      await response.arrayBuffer();
    }
  }
});

it('has every read and every report', () => {
  expect(Object.keys(described.paths).filter((path) => !path.includes('/commands/'))).toEqual([
    '/api/v1/canary',
    '/api/v1/deployments',
    '/api/v1/backup',
    '/api/v1/incidents',
    '/api/v1/incidents/{id}',
    '/api/v1/incidents/{id}/timeline',
    '/api/v1/incidents/{id}/postmortem',
    '/api/v1/operations',
    '/api/v1/operations/{id}',
    '/api/v1/channels',
    '/api/v1/channels/{app}/{channel}',
    '/api/v1/oncall',
    '/api/v1/oncall/{service}',
    '/api/v1/audit',
    '/api/v1/audit/events',
    '/api/v1/audit/ends',
    '/api/v1/audit/heads',
    '/api/v1/status/{app}/{version}',
    '/.well-known/lastgood/status.json',
  ]);
});

describe('An example', () => {
  const asking: Asking = {
    at: start,
    by: ana,
    policies,
    openIncidents: [],
    moreIncidents: 0,
    channels: [],
    openOperations: [],
    freeze: undefined,
  };

  it.each(verbs.map((verb) => [verbName(verb), verb] as const))(
    'of %s means the same by name and as a line',
    (_, verb) => {
      // Both are what JSON can carry: a flag is true or false there.
      const named = JSON.parse(JSON.stringify(exampleArguments(verb))) as Record<string, unknown>;
      expect(readNamed(verb, named, asking)).toEqual(readArguments(verb, exampleLine(verb), asking));
      expect(readNamed(verb, named, asking)).toHaveProperty('values');
    },
  );
});
