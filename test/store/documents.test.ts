import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DocumentInvalid } from '../../src/store/document-text.ts';
import type { DocumentRows } from '../../src/store/document-rows.ts';
import { openDocument } from '../../src/store/documents.ts';
import { StaleStream } from '../../src/store/store.ts';
import { memoryRows } from '../support/document-rows.ts';

const schema = z.strictObject({
  version: z.number(),
  channels: z.record(z.string(), z.strictObject({ version: z.string().regex(/^\d+\.\d+\.\d+$/) })),
});
const initial: z.infer<typeof schema> = { version: 1, channels: {} };

describe('A document', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-documents-'));
    path = join(folder, 'release_channels.json');
    rows = memoryRows();
  });
  afterEach(() => rm(folder, { recursive: true }));

  let rows: DocumentRows;
  const openIt = () => openDocument({ path, rows, initial, schema });
  const withChannel =
    (name: string, version = '1.5.0') =>
    (value: typeof initial) => ({ ...value, channels: { ...value.channels, [name]: { version } } });

  test('begins with the initial value, and is written with the first update', async () => {
    const document = await openIt();
    expect(document.read()).toEqual(initial);
    expect(await readdir(folder)).toEqual([]);

    await document.update(withChannel('stable'));

    expect(await readFile(path, 'utf8')).toBe(
      '{\n  "version": 1,\n  "channels": {\n    "stable": {\n      "version": "1.5.0"\n    }\n  }\n}\n',
    );
    expect((await openIt()).read()).toEqual(document.read());
  });

  test('lands every one of 20 parallel updates, and leaves no other file', async () => {
    const document = await openIt();
    const names = Array.from({ length: 20 }, (_, n) => `channel-${n}`);

    await Promise.all(names.map((name) => document.update(withChannel(name))));

    expect(Object.keys((await openIt()).read().channels)).toEqual(names);
    expect(await readdir(folder)).toEqual(['release_channels.json']);
  });

  test('goes on after an update that failed, without what it wanted', async () => {
    const document = await openIt();
    const outcomes = await Promise.allSettled([
      document.update(withChannel('canary')),
      document.update(withChannel('stable', 'latest')),
      document.update(() => {
        throw new RangeError('on purpose');
      }),
      document.update(withChannel('stable', '1.4.2')),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const expected = { version: 1, channels: { canary: { version: '1.5.0' }, stable: { version: '1.4.2' } } };
    expect(document.read()).toEqual(expected);
    expect((await openIt()).read()).toEqual(expected);
  });

  test('says when it could not be written, and keeps the value that is on disk', async () => {
    const document = await openIt();
    await document.update(withChannel('canary'));
    await rm(folder, { recursive: true });

    await expect(document.update(withChannel('stable'))).rejects.toThrow('ENOENT');

    expect(Object.keys(document.read().channels)).toEqual(['canary']);
    await mkdir(folder);
    await document.update(withChannel('stable'));
    expect(Object.keys((await openIt()).read().channels)).toEqual(['canary', 'stable']);
  });

  test('sweeps what its own killed writes left, and nothing else', async () => {
    const others = ['.other.json.1b2c.tmp', 'release_channels.json.tmp', 'release_policy.json'];
    for (const name of [...others, '.release_channels.json.0f1e2d3c.tmp']) {
      await writeFile(join(folder, name), '{}');
    }

    await openIt();

    expect(await readdir(folder)).toEqual(others);
  });

  test.for([
    ['{\n  "version": 1,\n  "channels": {},\n}\n', /line 4: expected JSON: /],
    ['{\n  "version": 1\n  "channels": {}\n}\n', /line 3: expected JSON: /],
    ['{\n  "version": 1,\n  "channels": nonsense\n}\n', /line 3: expected JSON: .*nonsense/s],
    ['{\n  "version": 1,\n', /line 3: expected JSON: /],
    ['', /line 1: expected JSON: /],
    ['[]', /line 1, the whole file: .*expected object/],
    ['{\n  "version": "1",\n  "channels": {}\n}\n', /line 2, version: .*expected number/],
    [
      '{\n  "version": 1,\n  "channels": {\n    "stable": {\n      "version": "newest"\n    }\n  }\n}\n',
      /line 5, channels\.stable\.version: .*must match/,
    ],
    [
      '{\n  "version": 1,\n  "channels": {\n    "stable": {}\n  }\n}\n',
      /line 4, channels\.stable\.version: /,
    ],
    ['{\n  "version": 1,\n  "channels": {},\n  "extra": 1\n}\n', /line 1, the whole file: .*"extra"/],
  ] as const)('refuses %j with the place, and keeps it', async ([text, message]) => {
    await writeFile(path, text);

    const refusal = await openIt().catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(DocumentInvalid);
    expect((refusal as Error).message).toContain(`${path} cannot be used and was left as it is.`);
    expect((refusal as Error).message).toMatch(message);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('shows what the file holds, whoever wrote it', async () => {
    const document = await openIt();
    expect(await document.look()).toEqual({ problem: `${path} is not there.` });
    await document.update(withChannel('stable'));
    const ours = await document.look();
    expect(ours).toEqual({ text: await readFile(path, 'utf8'), value: document.read(), edited: false });

    const edited = JSON.stringify(initial);
    await writeFile(path, edited);
    expect(await document.look()).toEqual({ text: edited, value: initial, edited: true });
    await writeFile(path, '{ "version": ');
    const problem = expect.stringContaining('expected JSON');
    expect(await document.look()).toEqual({ problem, text: '{ "version": ' });
    await rm(path);
    expect(await document.look()).toEqual({ problem: `${path} is not there.` });
  });

  test('brings a file up to date that was left behind; an older version that is put back is an edit', async () => {
    const document = await openIt();
    await document.update(withChannel('stable'));
    const older = await readFile(path, 'utf8');
    await document.update(withChannel('canary'));
    const newer = await readFile(path, 'utf8');

    await writeFile(path, older);
    expect(await document.look()).toMatchObject({ text: older, edited: true });
    // Who has just come cannot know what stood there last.
    expect(await (await openIt()).look()).toMatchObject({ text: newer, edited: false });
    expect(await readFile(path, 'utf8')).toBe(newer);
  });

  test('that is known elsewhere counts as new when it cannot be used; what stood there is kept', async () => {
    await writeFile(path, 'not even JSON');

    const document = await openDocument({ path, rows, initial, schema, replaceable: true });

    expect(document.read()).toEqual(initial);
    expect(await readFile(path, 'utf8')).toBe('not even JSON');
    expect(await document.update(withChannel('stable'))).toBe(await readFile(path, 'utf8'));
    expect(await readFile(join(folder, 'release_channels.edited-1.json'), 'utf8')).toBe('not even JSON');
    expect((await openIt()).read()).toEqual(document.read());
  });

  test('keeps every foreign edit beside itself before it goes over it', async () => {
    const document = await openIt();
    for (const edit of ['{"edited": "by hand"}', 'not even JSON']) {
      await writeFile(path, edit);
      await document.update(withChannel('stable'));
      await document.update(withChannel('canary'));
    }

    expect(await readdir(folder)).toEqual([
      'release_channels.edited-1.json',
      'release_channels.edited-2.json',
      'release_channels.json',
    ]);
    expect(await readFile(join(folder, 'release_channels.edited-1.json'), 'utf8')).toBe(
      '{"edited": "by hand"}',
    );
    expect(await readFile(join(folder, 'release_channels.edited-2.json'), 'utf8')).toBe('not even JSON');
    expect(Object.keys((await openIt()).read().channels)).toEqual(['stable', 'canary']);
  });
});

describe('A document of two machines', () => {
  let folder: string;
  let rows: DocumentRows;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-documents-'));
    rows = memoryRows();
  });
  afterEach(() => rm(folder, { recursive: true }));

  const pathOn = (machine: string) => join(folder, machine, 'release_channels.json');
  const fileOn = (machine: string) => readFile(pathOn(machine), 'utf8');
  const openOn = (machine: string) => openDocument({ path: pathOn(machine), rows, initial, schema });
  const set = (name: string) => (value: typeof initial) => ({
    ...value,
    channels: { ...value.channels, [name]: { version: '1.5.0' } },
  });

  test('loses no update of either, whoever is faster; each shows the newest at its next look', async () => {
    const [here, there] = [await openOn('here'), await openOn('there')];
    const names = Array.from({ length: 4 }, (_, n) => `c${n}`);
    await Promise.all(names.flatMap((name) => [here.update(set(name)), there.update(set(`${name}-too`))]));

    expect(await here.look()).toMatchObject({ edited: false });
    expect(await there.look()).toMatchObject({ edited: false });
    expect(await fileOn('here')).toBe(await fileOn('there'));
    expect(Object.keys((await openOn('here')).read().channels)).toHaveLength(8);
    expect((await rows.newest('release_channels.json'))?.version).toBe(8);
  });

  test('an edit on one of them is seen there only, and is everywhere once it was adopted', async () => {
    const [here, there] = [await openOn('here'), await openOn('there')];
    await here.update(set('stable'));
    await there.look();
    const edit = JSON.stringify(set('canary')(initial));
    await writeFile(pathOn('there'), edit);

    expect(await here.look()).toMatchObject({ edited: false });
    expect(await there.look()).toEqual({ text: edit, value: set('canary')(initial), edited: true });
    await there.adopt(edit);
    expect(await there.look()).toMatchObject({ edited: false });
    expect(await here.look()).toMatchObject({ text: edit, edited: false });
    expect(await fileOn('here')).toBe(edit);
  });

  test('of two who adopt an edit at once, one is refused, and finds the other first', async () => {
    const [here, there] = [await openOn('here'), await openOn('there')];
    await here.look();
    await there.look();
    await here.adopt('{ "version": 1, "channels": {} }');
    await expect(there.adopt('{ "version": 2, "channels": {} }')).rejects.toBeInstanceOf(StaleStream);
  });

  test('a machine that begins, or was down, has the newest; what it brings along itself is an edit', async () => {
    await (await openOn('here')).update(set('stable'));
    const newest = await fileOn('here');
    await (await openOn('late')).update((value) => value);
    await mkdir(join(folder, 'other'));
    await writeFile(pathOn('other'), JSON.stringify(set('canary')(initial)));

    const other = await openOn('other');
    expect(other.read()).toEqual(JSON.parse(newest));
    expect(await other.look()).toMatchObject({ edited: true });
    await writeFile(pathOn('late'), newest);
    await (await openOn('here')).update(set('beta'));
    expect(await (await openOn('late')).look()).toMatchObject({ edited: false });
    expect(await fileOn('late')).toBe(await fileOn('here'));
  });
});
