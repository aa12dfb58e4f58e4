import { ask, NoAnswer } from '../../executors/ask.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { unknown } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** What a running bot says of itself; strangers can cause some of it, so nothing of that counts as wrong. */
export const runningBot: Check = {
  area: 'Machine',
  name: 'bot',
  look: async ({ notes, botUrl }, signal) => {
    const said = notes ? notes() : await notesAt(botUrl, signal);
    return said.map((note) => unknown('bot', note));
  },
};

/** `/readyz` says `ready`, and below it a line for each. Whether there is a bot at all is looked at elsewhere. */
async function notesAt(botUrl: Patient['botUrl'], signal: AbortSignal): Promise<readonly string[]> {
  try {
    const { status, text } = await ask(`${botUrl}/readyz`, { signal, timeout: checkTimeout });
    const [ready, ...notes] = text.split('\n').filter((line) => line !== '');
    return status === 200 && ready === 'ready' ? notes : [];
  } catch (error) {
    if (error instanceof NoAnswer) return [];
    throw error;
  }
}
