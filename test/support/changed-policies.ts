import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';

/** What a story's team decided otherwise than the example policies, by file. */
export type PolicyChanges = Readonly<Record<string, (text: string) => string>>;

/** @returns the folder that holds the example policies with the changes */
export async function changedPolicies(folder: string, changes: PolicyChanges): Promise<string> {
  await cp(examplePolicies, folder, { recursive: true });
  for (const [file, change] of Object.entries(changes)) {
    const before = await readFile(join(folder, file), 'utf8');
    const after = change(before);
    if (after === before) throw new Error(`the change to ${file} changes nothing`);
    await writeFile(join(folder, file), after);
  }
  return folder;
}
