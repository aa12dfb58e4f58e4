import type { Invariant } from './invariant.ts';

export const inHand: Invariant = {
  name: 'nobody carries out what is not in their hands, or has ended',
  watch: ({ database }, broken) => ({
    setsOut: (process, { id }) => {
      const record = database.outbox.get(id.slice(id.indexOf('/') + 1));
      if (!record) return broken(`${id} sets out, and is not in the store`);
      if (record.row.status !== 'in-flight') return broken(`${id} sets out, and is ${record.row.status}`);
      if (!record.owner.startsWith(`${process.name}.`))
        broken(`${process.name} sets out with ${id}, which is in the hands of ${record.owner}`);
    },
  }),
};
