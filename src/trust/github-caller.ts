import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Via } from '../core/actor.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { LetIn } from './api-token.ts';
import { claimThatDiffers, keysUrl, type GithubOidc } from './github-oidc.ts';

/** A key that GitHub takes back is believed for no longer than this. */
const keysKeptFor = 10 * 60_000;
/** Whoever sends unknown keys has them looked up this seldom. */
const keysAskedEvery = 30_000;
/** Of two clocks, in seconds. */
const tolerance = '30s';
/** Anybody can send us what looks like a token, and have GitHub sign one for a job of their own: they shall not fill the log. */
const warnEvery: Milliseconds = 60_000;

/** Says who stands behind a token of GitHub Actions at this moment; undefined for what is no such token. */
export type GithubCaller = (
  authorization: string | readonly string[] | undefined,
  via: Via,
) => Promise<LetIn | undefined>;

/**
 * Lets jobs of GitHub Actions in by the tokens that GitHub signs for them. Nothing of a token is kept, and nothing in it
 * says whom to ask: the issuer is ours to name. The same token may be sent again while it lives, some five minutes, as one
 * job has several things to say; what it says twice is known by its Idempotency-Key.
 * @param log why somebody is not let in, with what was expected, which is not for everybody to read; each at most once a
 * minute
 */
export function githubCaller(
  oidc: GithubOidc,
  now: () => Instant,
  log: { readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void },
  keysTimeout: Milliseconds = 3_000,
): GithubCaller {
  const keys = createRemoteJWKSet(new URL(keysUrl(oidc)), {
    timeoutDuration: keysTimeout,
    cacheMaxAge: keysKeptFor,
    cooldownDuration: keysAskedEvery,
  });

  const warnedAt = new Map<string, Instant>();
  function warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    const [at, before] = [now(), warnedAt.get(message)];
    if (before !== undefined && Math.abs(at - before) < warnEvery) return;
    warnedAt.set(message, at);
    log.warn(fields, message);
  }

  return async (authorization, via) => {
    const token = typeof authorization === 'string' ? jwt.exec(authorization)?.[1] : undefined;
    if (token === undefined) return undefined;
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        issuer: oidc.issuer,
        audience: oidc.audience,
        requiredClaims: ['exp', 'nbf', 'repository'],
        clockTolerance: tolerance,
        currentDate: new Date(now()),
      }));
    } catch (error) {
      return refusedBy(error);
    }
    return callerIn(claims, via);
  };

  function callerIn(claims: JWTPayload, via: Via): LetIn {
    const judged = Object.entries(oidc.jobs).map(([name, job]) => ({
      name,
      job,
      differs: claimThatDiffers(job, claims),
    }));
    const found = judged.find(({ differs }) => differs === undefined);
    if (found) {
      // No name of API_TOKENS has a colon: neither can pass for the other.
      const name = `github:${found.name}`;
      const { roles } = found.job;
      return { caller: { token: name, roles, actor: { kind: 'token', name, roles, via } } };
    }
    const said = Object.fromEntries(claimsToLog.map((claim) => [claim, claims[claim]]));
    const expected = Object.fromEntries(judged.map(({ name, differs }) => [name, differs]));
    warn({ said, expected }, 'a token of GitHub Actions is for none of the jobs in GITHUB_OIDC');
    const which = [...new Set(judged.map(({ differs }) => differs?.claim))].join(', or ');
    return {
      status: 401,
      error: `GitHub signed this token, but for none of the jobs that are let in: its ${which} is another. The log of the bot says what was expected, once a minute.`,
    };
  }

  function refusedBy(error: unknown): LetIn {
    const why = whyRefused(error);
    if (why === undefined) {
      warn({ error }, 'the keys of GitHub Actions could not be fetched; its jobs are not let in');
      return {
        status: 503,
        error:
          'The keys of GitHub Actions cannot be fetched, so nobody can say whose token this is. Send it again in a moment.',
      };
    }
    warn({ why, error }, 'a token of GitHub Actions was refused');
    return { status: 401, error: `This token is not let in: ${why}.` };
  }
}

const jwt = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i;

const claimsToLog = [
  'repository',
  'repository_id',
  'repository_owner_id',
  'event_name',
  'ref',
  'workflow_ref',
  'job_workflow_ref',
  'environment',
  'run_id',
] as const;

/** In words for whoever sent it; undefined when it was not the token, but the keys that could not be had. */
function whyRefused(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'its time (exp) is over; ask GitHub for a new one';
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'nbf':
        return 'its time (nbf) has not come';
      case 'iss':
        return 'its issuer (iss) is another than GITHUB_OIDC_ISSUER';
      case 'aud':
        return 'it was made for another audience (aud) than GITHUB_OIDC_AUDIENCE';
      default:
        return `it has no ${error.claim} that can be read`;
    }
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is not signed with RS256';
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key (kid) is none of the issuer’s';
  const unreadable = [
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JOSENotSupported,
    errors.JWKSMultipleMatchingKeys,
  ];
  return unreadable.some((kind) => error instanceof kind) ? 'it is no token that can be read' : undefined;
}
