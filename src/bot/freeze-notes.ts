import { freezeId, inForce, liftCommand, type FreezeSwitch } from '../core/freeze/state.ts';
import { sayDate } from '../core/time.ts';
import type { Store } from '../store/store.ts';

/** A line while production is frozen. Strangers may read it: why, and by whom, is for the team. */
export async function freezeNotes(store: Pick<Store, 'readStream'>): Promise<readonly string[]> {
  const stored = await store.readStream(freezeId);
  const freeze = inForce(stored?.state as FreezeSwitch | undefined);
  if (!freeze) return [];
  const since = sayDate(freeze.since);
  return [`Production is frozen since ${since}: no step begins until two people have said ${liftCommand}`];
}
