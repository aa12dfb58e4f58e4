import { examineSettings } from '../config.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { checks } from '../doctor/index.ts';
import { patientOf } from '../doctor/patient.ts';
import { readEnvironment } from '../env-file.ts';

/**
 * Looks at a bot from outside, by the settings of this place.
 * @returns `starts`: whether settings and policies are such that `npm start` takes them
 */
export async function examineHere(): Promise<{
  readonly findings: readonly Finding[];
  readonly starts: boolean;
}> {
  const read = readEnvironment();
  const { env } = read;
  const settings = examineSettings(env);
  // What is missing may stand in the lines that could not be read.
  const problems = read.ok ? settings.problems : read.problems;
  const patient = await patientOf(
    { ...settings, problems },
    { now: Date.now, botUrl: env['LASTGOOD_URL'] || undefined },
  );
  return {
    findings: await examine(patient, checks),
    starts: problems.length === 0 && patient.loaded.ok,
  };
}
