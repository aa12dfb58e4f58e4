/** Each version of a document that was ever in force, in the store: what several machines show is the newest one. */
export interface DocumentRows {
  readonly newest: (name: string) => Promise<DocumentVersion | undefined>;
  /** The newest of the versions that read so, to the letter; undefined when none does. */
  readonly versionOf: (name: string, text: string) => Promise<number | undefined>;
  /** @throws StaleStream when that version is there already: somebody else was faster, and theirs has to be read first */
  readonly add: (name: string, added: DocumentVersion) => Promise<void>;
}

/** `version` counts from 1, without a gap. */
export interface DocumentVersion {
  readonly version: number;
  readonly text: string;
}
