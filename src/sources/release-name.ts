import { parseVersion } from '../core/version.ts';

/** The version in what others call a release: `shop@1.5.0`, `v1.5.0`, `refs/tags/v1.5.0`. @returns undefined for what holds none. */
export function versionOfRelease(name: string | undefined): string | undefined {
  return name === undefined ? undefined : parseVersion(name.slice(lastOf(name) + 1));
}

/** Neither mark can stand in a SemVer version. */
function lastOf(name: string): number {
  return Math.max(name.lastIndexOf('@'), name.lastIndexOf('/'));
}
