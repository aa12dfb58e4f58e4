import type { Invariant } from './invariant.ts';

const patience = 60_000;

export const drains: Invariant = {
  name: 'the outbox drains once the neighbours are well',
  watch: ({ database, now }, broken) => ({
    atRest: () => {
      for (const { row, owner } of database.underWay.values()) {
        const { id, status, dueAt, lastError } = row;
        const late = now() - dueAt;
        if (late > patience)
          broken(`${id} is ${status} by ${owner}, ${late} ms after it was due: ${lastError}`);
      }
    },
  }),
};
