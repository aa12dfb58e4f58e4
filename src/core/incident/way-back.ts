import type { Policies } from '../policies/policies.ts';
import { isBack, type Incident } from './state.ts';

/** The version that a rollback would bring back now; undefined where none is known, or one is under way or was done. */
export function wayBack(incident: Incident): string | undefined {
  const { suspect, operations } = incident;
  const leaving = suspect?.promotion?.version ?? suspect?.live;
  const isBusy = Object.values(operations).some((progress) =>
    ['open', 'running', 'held', 'unknown'].includes(progress),
  );
  return isBusy || isBack(incident) || suspect?.lastGood === leaving ? undefined : suspect?.lastGood;
}

/** What somebody types for that: `/rollback stable 1.4.2 <reason>`. */
export function commandBack(
  incident: Incident,
  { channels }: Pick<Policies, 'channels'>,
): string | undefined {
  const version = wayBack(incident);
  if (version === undefined) return undefined;
  const { app, channel } = incident;
  const others = Object.entries(channels.apps).filter(([name]) => name !== app);
  const isTaken = others.some(([, other]) => Object.hasOwn(other.channels, channel));
  return `/rollback ${isTaken ? `${app}/${channel}` : channel} ${version} <reason>`;
}
