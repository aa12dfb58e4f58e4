import semver from 'semver';

/**
 * Reads a SemVer version with an optional leading `v` and returns it without the `v`, build metadata kept.
 * @returns undefined for anything else, so that nothing else ever reaches a plan, a workflow input or an argument list.
 */
export function parseVersion(text: string): string | undefined {
  const bare = text.startsWith('v') ? text.slice(1) : text;
  const parsed = bare.length <= 128 ? semver.parse(bare) : null;
  // `parse` trims and drops a second prefix; only what prints back as it was typed is a version.
  return parsed && print(parsed) === bare ? bare : undefined;
}

function print({ version, build }: semver.SemVer): string {
  return build.length === 0 ? version : `${version}+${build.join('.')}`;
}

/** Newest first. */
export function newestFirst(versions: readonly string[]): readonly string[] {
  return versions.toSorted((a, b) => semver.rcompare(a, b));
}
