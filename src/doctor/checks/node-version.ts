import { gte } from 'semver';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** As `engines` in package.json has it. */
const oldest = '20.19.0';

export const nodeVersion: Check = {
  area: 'Machine',
  name: 'Node.js',
  look: () => [judgeNode(process.versions.node)],
};

export function judgeNode(version: string) {
  if (gte(version, oldest)) return ok('Node.js', `is ${version}`);
  return wrong('Node.js', `is ${version}; Lastgood needs ${oldest} or newer`, 'Install a newer Node.js.');
}
