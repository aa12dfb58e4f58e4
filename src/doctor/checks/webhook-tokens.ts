import { sha256Hex } from '../../trust/sha256.ts';
import { webhookDoors } from '../../trust/webhook-doors.ts';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** Webhook tokens: whether each one lets somebody in. */
export const webhookTokens: Check = {
  area: 'Settings',
  name: 'WEBHOOK_TOKENS',
  look: ({ settings }) =>
    Object.entries(settings.webhookTokens).map(([source, hashes]) => {
      const name = `WEBHOOK_TOKENS (${source})`;
      if (opensDoor(source))
        return ok(name, hashes.length === 1 ? 'has a token' : `has ${hashes.length} tokens`);
      return wrong(
        name,
        'lets nobody in: no source of this name shows a token',
        'Name a source that does, such as alertmanager or generic; others sign with a secret of their own.',
      );
    }),
};

/** Tries a token of our own at every door. */
function opensDoor(source: string): boolean {
  const token = 'the-doctor';
  const secrets = { grafana: [], pagerduty: [], sentry: [], github: [] };
  const request = { headers: { authorization: `Bearer ${token}` }, body: Buffer.alloc(0) };
  const doors = webhookDoors({ tokens: { [source]: [sha256Hex(token)] }, secrets });
  return doors.some(({ isAuthentic }) => isAuthentic(request, 0));
}
