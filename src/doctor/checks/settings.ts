import { stat } from 'node:fs/promises';
import { switchedOff } from '../../config.ts';
import type { Check } from '../examine.ts';
import { missing, ok, wrong, type Looked } from '../finding.ts';

/** Every setting that is there or has to be, and what the others switch off. */
export const settings: Check = {
  area: 'Settings',
  name: 'settings',
  look: async ({ problems, given, settings }) => {
    const bad = problems.map(sayProblem);
    const fine = given.filter(({ name }) => !bad.some((one) => one.name === name));
    // What stands in lines of .env that could not be read, nobody knows.
    const readWhole = !bad.some(({ name }) => name === '.env');
    const off = (readWhole ? switchedOff(settings) : []).map((words) => {
      const [, what = words, names = words] = /^(.*) \((.*)\)$/.exec(words) ?? [];
      return missing(names, `not set, which switches off ${what}`);
    });
    return [...bad, ...(await Promise.all(fine.map(lookAtSource))), ...off];
  },
};

/** Each problem begins with the setting's name. Only of one that is missing does it not say what would be right. */
function sayProblem(problem: string): Looked {
  const [name = '', ...words] = problem.split(' ');
  const what = words.join(' ');
  if (!/^is missing(?!:)/.test(what)) return wrong(name, what);
  return wrong(name, what, 'Where to get it stands in README.md, under Connect a workspace.');
}

async function lookAtSource(given: {
  readonly name: string;
  readonly file: string | undefined;
}): Promise<Looked> {
  const { name, file } = given;
  if (file === undefined) return ok(name, 'is set');
  const { mode } = await stat(file);
  if ((mode & 0o004) === 0 || isMountedByEngine(file)) return ok(name, `is read from ${file}`);
  return wrong(
    name,
    `is read from ${file}, which every user of this machine can read`,
    `Let only the user of the bot read it: chmod o-rwx ${file}`,
  );
}

/** A container has no other users, and its engine mounts secrets readable for all of them. */
function isMountedByEngine(file: string): boolean {
  return /^(?:\/var)?\/run\/secrets\//.test(file);
}
