import { isPage, type Effect } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/state.ts';
import type { Invariant } from './invariant.ts';

export const noPageAfterAcknowledge: Invariant = {
  name: 'nobody is called once somebody has it',
  watch: ({ database }, broken) => ({
    committed: ({ changed }) => {
      for (const { before, after } of changed) {
        const isTaken =
          after.status === 'in-flight' &&
          (before.status !== 'in-flight' || before.attempts !== after.attempts);
        if (!isTaken || !calls(after.effect) || after.stream === undefined) continue;
        const stored = database.streams.get(after.stream);
        if (stored?.kind !== 'incident') continue;
        const { status, cleared } = JSON.parse(stored.state) as Incident;
        if (status !== 'triggered') broken(`${after.id} sets out, and ${after.stream} is ${status}`);
        if (cleared) broken(`${after.id} sets out, and all alerts of ${after.stream} have resolved`);
      }
    },
  }),
};

function calls(effect: Effect): boolean {
  return isPage(effect) && !(effect.type === 'page.pagerduty' && effect.action !== 'trigger');
}
