import { isBack, type Incident } from './state.ts';

/** The version that a rollback would bring back now; undefined where none is known, or one is under way or was done. */
export function wayBack(incident: Incident): string | undefined {
  const { suspect, operations } = incident;
  const leaving = suspect?.promotion?.version ?? suspect?.live;
  const isBusy = Object.values(operations).some((progress) =>
    ['open', 'running', 'unknown'].includes(progress),
  );
  return isBusy || isBack(incident) || suspect?.lastGood === leaving ? undefined : suspect?.lastGood;
}
