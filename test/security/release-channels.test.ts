import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { believed, emptyRegistry, readMoves, registrySchema } from '../../src/core/channel/registry.ts';
import { channelsPolicy } from '../../src/core/policies/channels.ts';
import { examplePolicies, exampleRegistry } from '../../src/sandbox/example-policies.ts';
import { readDocumentText } from '../../src/store/document-text.ts';

const example = () =>
  readDocumentText(exampleRegistry, readFileSync(exampleRegistry, 'utf8'), registrySchema);

it('has its schema in security/; npx vitest run test/security -u writes that anew', async () => {
  // As input: whoever writes the file may add fields of their own, which Lastgood leaves out again.
  const schema = z.toJSONSchema(registrySchema, { io: 'input' });
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 110 });
  await expect(text).toMatchFileSnapshot('../../security/release_channels.schema.json');
});

it('names the channels of the example policies, and nothing else', () => {
  const { apps } = channelsPolicy.parse(parse(readFileSync(join(examplePolicies, 'channels.yml'), 'utf8')));
  const channels = Object.values(apps).flatMap(({ channels }) => Object.keys(channels));
  expect(Object.keys(example().channels).toSorted()).toEqual(channels.toSorted());
});

it('tells of each channel how the live version came there', () => {
  const registry = example();
  for (const [channel, { version, updated_at }] of Object.entries(registry.channels)) {
    const last = readMoves(registry, channel, 0).at(-1);
    expect(last).toMatchObject({ version, at: updated_at * 1_000 });
  }
});

it('is marked as an example, so that nobody’s first start believes it', () => {
  expect(believed(example())).toEqual(emptyRegistry);
});

it('is written as Lastgood writes it', () => {
  expect(readFileSync(exampleRegistry, 'utf8')).toBe(`${JSON.stringify(example(), null, 2)}\n`);
});
