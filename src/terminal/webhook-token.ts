import { own } from '../core/own.ts';
import { webhookDoors } from '../trust/webhook-doors.ts';
import { botSettings } from './bot-settings.ts';
import { noSuch } from './did-you-mean.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop } from './exit.ts';
import { hashesOf, newToken, printNewToken } from './new-token.ts';

/** `lastgood token create webhook <source>` */
export function createWebhookToken(source: string): void {
  const { token, sha256 } = newToken();
  const doors = webhookDoors({
    tokens: { [source]: [sha256] },
    secrets: { grafana: [], pagerduty: [], sentry: [], github: [] },
  });
  const door = doors.find((each) => each.source === source);
  const sources = doors.map((each) => each.source);
  if (!door) throw noSuch('source of webhooks', source, sources);
  const headers = { authorization: `Bearer ${token}` };
  if (!door.isAuthentic({ headers, body: Buffer.alloc(0) }, Date.now())) {
    throw new Stop(
      exitCode.usage,
      `${source} sends no token: it signs, with a secret that you give it. ${door.refusal}`,
    );
  }
  const { webhookTokens } = botSettings(environmentHere(), ['WEBHOOK_TOKENS']);
  const before = own(webhookTokens, source) ?? [];
  const merged = { ...webhookTokens, [source]: [...before, sha256] };
  const value = Object.fromEntries(Object.entries(merged).map(([name, hashes]) => [name, hashesOf(hashes)]));
  printNewToken({ token, of: source, setting: 'WEBHOOK_TOKENS', value, renewed: before.length > 0 });
}
