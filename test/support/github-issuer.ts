import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from 'jose';

/** A key of an issuer: what it signs with, and what it publishes. */
export interface IssuerKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** An issuer of tokens like GitHub's, on this machine: its keys are fetched over HTTP and its tokens are really signed. */
export interface GithubIssuer {
  readonly url: string;
  /** What it publishes from now on. */
  readonly publish: (...keys: readonly IssuerKey[]) => void;
  /** Answers with this status instead, or never. */
  readonly fail: (how: number | 'hang') => void;
  readonly heal: () => void;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

export async function issuerKey(kid: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

export async function startIssuer(...keys: readonly IssuerKey[]): Promise<GithubIssuer> {
  const state: { keys: readonly IssuerKey[]; trouble: number | 'hang' | undefined; asked: number } = {
    keys,
    trouble: undefined,
    asked: 0,
  };
  const server = createServer((request, response) => {
    if (request.url !== '/.well-known/jwks') {
      response.writeHead(404).end();
      return;
    }
    state.asked += 1;
    if (state.trouble === 'hang') return;
    response
      .writeHead(state.trouble ?? 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ keys: state.keys.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    publish: (...fresh) => void (state.keys = fresh),
    fail: (how) => void (state.trouble = how),
    heal: () => void (state.trouble = undefined),
    asked: () => state.asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** What GitHub says of a job on the canary's workflow. */
export const jobClaims = {
  sub: 'repo:shop/storefront:ref:refs/heads/main',
  aud: 'https://lastgood.shop.example',
  repository: 'shop/storefront',
  repository_id: '4711',
  repository_owner: 'shop',
  repository_owner_id: '42',
  event_name: 'schedule',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  workflow: 'Canary health',
  workflow_ref: 'shop/storefront/.github/workflows/canary.yml@refs/heads/main',
  job_workflow_ref: 'shop/storefront/.github/workflows/canary.yml@refs/heads/main',
  run_id: '100',
  jti: 'b0a7b0a7',
};

/** @param at in milliseconds; it is good from then on for five minutes */
export async function signed(
  key: IssuerKey,
  at: number,
  claims: Readonly<Record<string, unknown>>,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const seconds = Math.floor(at / 1_000);
  const times = { iat: seconds, nbf: seconds, exp: seconds + 300 };
  return new SignJWT({ ...times, ...jobClaims, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}
