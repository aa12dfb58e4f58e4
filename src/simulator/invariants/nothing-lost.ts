import type { Invariant } from './invariant.ts';

/** What came in a moment ago is being read. */
const patience = 10_000;

export const nothingLost: Invariant = {
  name: 'whatever was acknowledged is settled once, and answered',
  watch: ({ database, ledger, now }, broken) => {
    const done = new Set<string>();
    return {
      committed: ({ settled }) => {
        for (const { id, result } of settled) {
          if (result !== 'done') continue;
          if (done.has(id)) broken(`${id} was settled twice`);
          done.add(id);
        }
      },
      atRest: () => {
        for (const [id, { item }] of database.unsettled)
          if (now() - item.at > patience) broken(`${id} was never settled`);
        for (const id of ledger.acknowledged) {
          const record = database.inbox.get(id);
          if (!record) broken(`${id} was acknowledged, and is not in the store`);
          else if (record.result === 'quarantined' && record.note === undefined)
            broken(`${id} is in quarantine, and nothing says why`);
          else if (record.item.source === 'slack' && record.result !== undefined) {
            const answers = [`inbox/${id}`, `quarantine/${id}/answer`];
            if (!answers.some((answer) => database.outbox.has(answer))) broken(`${id} was never answered`);
          }
        }
        for (const [id, answer] of ledger.answers) {
          const note = database.inbox.get(id)?.note;
          if (note === undefined) continue;
          const { stream = '', answer: kept } = JSON.parse(note) as {
            readonly stream?: string;
            readonly answer: { readonly title: string };
          };
          if (`${stream} ${kept.title}` !== answer)
            broken(`${id} was answered “${answer}”, and the store says ${note}`);
        }
      },
    };
  },
};
