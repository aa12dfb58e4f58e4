import { readdirSync, readFileSync } from 'node:fs';

/** @returns false when nobody of the group is left. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Whether a group still runs after so many milliseconds; without waiting any longer when it does not. */
export async function lasts(group: number, length: number): Promise<boolean> {
  const until = performance.now() + length;
  while (signalGroup(group, 0) && runs(group)) {
    if (performance.now() >= until) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** In a container without an init nobody buries the dead, and they can be signalled for ever. */
function runs(group: number): boolean {
  try {
    return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isAliveIn(name, group));
  } catch {
    // There is no /proc on this system, and its first process does bury them.
    return true;
  }
}

function isAliveIn(pid: string, group: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything. Behind it: the state, the parent, the group.
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z';
  } catch {
    // It has gone in the meantime.
    return false;
  }
}
