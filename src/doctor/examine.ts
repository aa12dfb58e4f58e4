import type { PolicyName } from '../core/policies/policies.ts';
import { sayDuration, type Milliseconds } from '../core/time.ts';
import { quoter, scrubber } from '../trust/secrets.ts';
import { areas, wrong, type Area, type Finding, type Looked } from './finding.ts';
import type { Patient } from './patient.ts';

/** One thing that the doctor looks at. What it throws becomes a finding. */
export interface Check {
  readonly area: Area;
  /** What is being looked at, in a few words: `workflows`. */
  readonly name: string;
  /** The policy of which it looks up outside what is named there: while that is the example's, there is nothing to find. */
  readonly about?: PolicyName;
  readonly look: (patient: Patient, signal: AbortSignal) => Promise<readonly Looked[]> | readonly Looked[];
}

/** For one check, whoever it asks. */
export const checkTimeout: Milliseconds = 5_000;

/** All checks side by side, each with a deadline of its own. The findings come in the order of the checks. */
export async function examine(
  patient: Patient,
  checks: readonly Check[],
  timeout = checkTimeout,
): Promise<readonly Finding[]> {
  const scrub = scrubber(patient.secrets);
  const found = await Promise.all(
    checks.map(async (check) => {
      if (check.about && patient.examples.includes(check.about)) return [];
      const looked = await lookWithin(check, patient, timeout);
      return looked.map((one): Finding => ({ area: check.area, ...one }));
    }),
  );
  const inOrder = areas.flatMap((area) => found.flat().filter((finding) => finding.area === area));
  return inOrder.map(({ advice, ...finding }) => ({
    ...finding,
    name: scrub(finding.name),
    what: scrub(finding.what),
    ...(advice !== undefined && { advice: scrub(advice) }),
  }));
}

async function lookWithin(
  { name, look }: Check,
  patient: Patient,
  timeout: Milliseconds,
): Promise<readonly Looked[]> {
  let deadline: NodeJS.Timeout | undefined;
  const controller = new AbortController();
  const late = new Promise<readonly Looked[]>((resolve) => {
    deadline = setTimeout(() => {
      const advice = 'See whether it can be reached from this machine, and ask again.';
      resolve([wrong(name, `There was no answer within ${sayDuration(timeout)}.`, advice)]);
      controller.abort();
    }, timeout);
  });
  try {
    // Whoever takes no signal goes on alone; nobody waits for it.
    const looking = (async () => look(patient, controller.signal))();
    return await Promise.race([looking, late]);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return [wrong(name, `This could not be looked at: ${quoter(patient.secrets, 300)(words)}`)];
  } finally {
    clearTimeout(deadline);
  }
}
