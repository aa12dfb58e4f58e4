import type { DocumentRows, DocumentVersion } from '../../src/store/document-rows.ts';
import { StaleStream } from '../../src/store/store.ts';

/** Versions of documents in a store of which nothing else is needed; several machines may share it. */
export function memoryRows(): DocumentRows {
  const versions = new Map<string, DocumentVersion[]>();
  const of = (name: string): DocumentVersion[] => versions.get(name) ?? [];
  return {
    newest: async (name) => of(name).at(-1),
    versionOf: async (name, text) => of(name).findLast((one) => one.text === text)?.version,
    add: async (name, added) => {
      if (added.version !== of(name).length + 1) throw new StaleStream('somebody was faster');
      versions.set(name, [...of(name), added]);
    },
  };
}
