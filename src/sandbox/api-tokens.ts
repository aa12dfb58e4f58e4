import type { TokenRole } from '../core/actor.ts';
import { sha256Hex } from '../trust/sha256.ts';

/** What the terminal and other programs send along: tokens of three people, and of programs that stand for nobody. */
export const apiTokens = {
  ana: 'an-api-token-of-ana-in-the-sandbox',
  ben: 'an-api-token-of-ben-in-the-sandbox',
  dana: 'an-api-token-of-dana-in-the-sandbox',
  'release-bot': 'an-api-token-of-the-release-bot-in-the-sandbox',
  ci: 'an-api-token-of-ci-in-the-sandbox',
  reader: 'an-api-token-of-a-dashboard-in-the-sandbox',
};

export type ApiTokenName = keyof typeof apiTokens;

const everyRole: readonly TokenRole[] = ['responder', 'approver', 'lead'];

const grants: Readonly<
  Record<ApiTokenName, { readonly roles: readonly TokenRole[]; readonly person?: string }>
> = {
  ana: { roles: everyRole, person: 'ana' },
  ben: { roles: everyRole, person: 'ben' },
  dana: { roles: everyRole, person: 'dana' },
  'release-bot': { roles: ['release-bot'] },
  ci: { roles: everyRole },
  reader: { roles: ['reader'] },
};

/** The value of `API_TOKENS` that lets them in. */
export function apiTokensSetting(): string {
  const entries = Object.entries(grants).map(([name, grant]) => {
    const token = apiTokens[name as ApiTokenName];
    return [name, { sha256: sha256Hex(token), ...grant }] as const;
  });
  return JSON.stringify(Object.fromEntries(entries));
}
