import type { Settings } from '../config.ts';
import type { Answer } from '../core/answer.ts';
import type { Clock } from '../core/clock.ts';
import { examine } from '../doctor/examine.ts';
import { checks } from '../doctor/index.ts';
import { patientOf } from '../doctor/patient.ts';
import { summaryOf } from '../doctor/summary.ts';
import type { Environment } from '../env-file.ts';
import type { Store } from '../store/store.ts';
import { freezeNotes } from './freeze-notes.ts';

/** `/lastgood doctor`: the running bot looks at itself. Its settings were right when it started. */
export async function examineItself(
  settings: Settings,
  environment: Environment,
  store: Store,
  clock: Clock,
  notes: () => readonly string[],
): Promise<Answer> {
  const frozen = await freezeNotes(store);
  const patient = await patientOf(
    { usable: settings, problems: [], given: [], environment },
    {
      now: clock.now,
      notes: () => [...frozen, ...notes()],
      storeId: await store.readMark('store-id'),
      probeStore: () => store.writeMark('probed-at', String(clock.now())),
    },
  );
  return summaryOf(await examine(patient, checks));
}
