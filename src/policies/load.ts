import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StepRules } from '../core/policies/check-channels.ts';
import { crossCheck, type ValidPolicies } from '../core/policies/cross-check.ts';
import type { Path } from '../core/policies/finding.ts';
import { policyNames, policySchemas, type Policies, type PolicyName } from '../core/policies/policies.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { explainIssues, type Explanation } from './explain-issue.ts';
import { sayPath, type PolicyProblem } from './problem.ts';
import { readYaml, type Place } from './yaml-file.ts';

export type LoadedPolicies =
  | { readonly ok: true; readonly policies: Policies }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/**
 * Reads `<dir>/*.yml`, checks each file and what they say together, and answers with all mistakes at once.
 * `stepRules` are those of the executors that `channels.yml` names.
 */
export async function loadPolicies(dir: string, stepRules?: StepRules): Promise<LoadedPolicies> {
  const files = await Promise.all(policyNames.map((name) => readPolicy(dir, name)));
  const valid = Object.fromEntries(
    files.flatMap((file) => (file.ok ? [[file.name, file.policy]] : [])),
  ) as ValidPolicies;
  const found = crossCheck(valid, stepRules);
  const problems = files.flatMap((file) => {
    const ofFile = file.ok
      ? found.filter(({ policy }) => policy === file.name).map((finding) => problemAt(file, finding))
      : file.problems;
    return ofFile.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  });
  if (problems.length > 0) return { ok: false, problems };
  const hashes = Object.fromEntries(files.flatMap((file) => (file.ok ? [[file.name, file.hash]] : [])));
  // Every file is there and valid, or there would be problems.
  return { ok: true, policies: { ...valid, hashes } as Policies };
}

/** Another one when something in the files that `loadPolicies` reads is. One after the other: reading may hang. */
export async function policiesPrint(dir: string): Promise<string> {
  const prints: string[] = [];
  for (const name of policyNames) prints.push(sha256Hex(await readBytes(join(dir, `${name}.yml`))));
  return prints.join();
}

type PlaceOf = (path: Path, which: 'key' | 'value') => Place;

type PolicyFile =
  | {
      readonly ok: true;
      readonly name: PolicyName;
      readonly file: string;
      readonly policy: unknown;
      readonly hash: string;
      readonly placeOf: PlaceOf;
    }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

async function readPolicy(dir: string, name: PolicyName): Promise<PolicyFile> {
  const whole = join(dir, `${name}.yml`);
  const fromHere = relative('', whole);
  const file = fromHere.startsWith('..') ? whole : fromHere;
  const refuse = (message: string, place?: Place): PolicyProblem => {
    return { file, line: place?.line, column: place?.column, path: '', message, hint: undefined };
  };
  const bytes = await readBytes(whole);
  if (typeof bytes === 'string') return { ok: false, problems: [refuse(bytes)] };
  if (!isUtf8(bytes)) return { ok: false, problems: [refuse('expected UTF-8 text; found other bytes')] };
  const yaml = readYaml(bytes.toString('utf8'));
  if (!yaml.ok) {
    return { ok: false, problems: yaml.problems.map((problem) => refuse(problem.message, problem)) };
  }
  const { value, placeOf } = yaml;
  const checked = policySchemas[name].safeParse(value);
  if (checked.success) {
    return { ok: true, name, file, policy: checked.data, hash: sha256Hex(bytes), placeOf };
  }
  const explanations = explainIssues(policySchemas[name], value, checked.error.issues);
  return { ok: false, problems: explanations.map((explained) => problemAt({ file, placeOf }, explained)) };
}

/** @returns the bytes, or what is wrong with the file. */
async function readBytes(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT'
      ? 'the file is missing; every deployment needs it, and the one that comes with Lastgood is a good start'
      : `the file cannot be read (${code})`;
  }
}

function problemAt(
  { file, placeOf }: { readonly file: string; readonly placeOf: PlaceOf },
  { path, message, hint, which = 'value' }: Omit<Explanation, 'which'> & Partial<Explanation>,
): PolicyProblem {
  return { file, ...placeOf(path, which), path: sayPath(path), message, hint };
}
