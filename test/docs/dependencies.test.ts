import { existsSync, readFileSync } from 'node:fs';
import semver from 'semver';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const page = readFileSync('docs/dependencies.md', 'utf8');

/** Everything that is installed, and of that what the bot runs with, by the folder. */
const all = Object.entries(lock.packages).filter(([folder]) => folder !== '');
const production = all.filter(([, { dev }]) => !dev);
const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 13);

const licences = [
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
] as const;
const otherLicences: Readonly<Record<string, string>> = { sentry: 'FSL-1.1-Apache-2.0' };

/** Whose script only finds what the package holds already. */
const withScripts: Readonly<Record<string, (folder: string) => boolean>> = {
  '@photostructure/sqlite': (folder) => existsSync(`${folder}/prebuilds`),
};

describe('What the bot runs with', () => {
  it('is what the page says, each with its reason', () => {
    const rows = [...page.matchAll(/^\| `([^`]+)` +\| +\S.*\|$/gm)].map(([, name = '']) => name);
    expect(rows.toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
  });

  it('is pinned, hashed, and bound to no registry', () => {
    const { dependencies, devDependencies } = manifest;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => semver.valid(version) !== version,
    );
    expect(loose).toEqual([]);
    expect(all.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    expect(all.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(production.length).toBeGreaterThan(50);
  });

  it('needs no script at its installation', () => {
    const scripted = production.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([folder]) => nameOf(folder))).toEqual(Object.keys(withScripts));
    for (const [folder] of scripted)
      expect([folder, withScripts[nameOf(folder)]?.(folder)]).toEqual([folder, true]);
  });

  it('runs on the oldest Node that we promise', () => {
    const floor = semver.minVersion(manifest.engines.node)?.version ?? '';
    expect(floor).toBe('20.19.0');
    const unfit = production.filter(
      ([, { engines }]) => engines?.node !== undefined && !semver.satisfies(floor, engines.node),
    );
    expect(unfit.map(([folder]) => folder)).toEqual([]);
  });

  it('has licences that let one use it and pass it on', () => {
    const odd = production.filter(([, { license = '' }]) => !licences.some((known) => known === license));
    expect(Object.fromEntries(odd.map(([folder, { license }]) => [nameOf(folder), license]))).toEqual(
      otherLicences,
    );
    for (const licence of Object.keys(otherLicences)) expect(page).toContain(`\`${licence}\``);
  });
});
