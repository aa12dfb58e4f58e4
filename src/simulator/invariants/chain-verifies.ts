import { verifyTrail } from '../../trust/audit/verify.ts';
import { auditTrail } from '../model-audit.ts';
import { storeId } from '../replica.ts';
import type { Invariant } from './invariant.ts';

export const chainVerifies: Invariant = {
  name: 'the audit chain verifies',
  watch: ({ database }, broken) => ({
    atRest: async () => {
      const trail = auditTrail(database, async (look) => look());
      const { wrong, heads } = await verifyTrail(trail, { store: storeId, keys: new Map() });
      if (wrong) broken(`${wrong.where} ${wrong.what} (${heads} heads)`);
    },
  }),
};
