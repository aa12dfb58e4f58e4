import { createPublicKey, verify, type KeyObject } from 'node:crypto';

/** An app that is installed on some of an owner's repositories. */
export interface GithubAppOptions {
  readonly id: string;
  /** PEM. */
  readonly publicKey: string;
  readonly installationId: number;
  /** Repositories in `owner/name`. */
  readonly installedOn: readonly string[];
}

export interface GithubApp {
  /** Answers what only the app itself may ask; undefined for every other path. */
  readonly answer: (request: Request) => Response | undefined;
  /** Whether a token is one of the app's, and still good. */
  readonly knows: (token: string | undefined) => boolean;
  /** How often a token was made. */
  readonly tokensMade: () => number;
  /** Ends every token, as an hour does. */
  readonly expireTokens: () => void;
  /** Takes the app away and installs it again, under another number. */
  readonly reinstall: () => void;
}

/** GitHub's side of an app: it shows a JWT signed with its key, and gets tokens for its installation. */
export function createGithubApp(options: GithubAppOptions): GithubApp {
  const key = createPublicKey(options.publicKey);
  const tokens = new Set<string>();
  let installationId = options.installationId;
  let made = 0;

  return {
    answer(request) {
      const { pathname } = new URL(request.url);
      const repository = /^\/repos\/([^/]+\/[^/]+)\/installation$/.exec(pathname)?.[1];
      const installation = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(pathname)?.[1];
      if (repository === undefined && installation === undefined) return undefined;
      const jwt = request.headers.get('Authorization')?.replace(/^bearer /i, '') ?? '';
      const wrong = whatIsWrong(jwt, key, options.id);
      if (wrong !== undefined) return Response.json({ message: wrong }, { status: 401 });
      const found =
        repository === undefined
          ? Number(installation) === installationId
          : options.installedOn.includes(repository);
      if (!found) return Response.json({ message: 'Not Found' }, { status: 404 });
      if (repository !== undefined) return Response.json({ id: installationId, app_id: Number(options.id) });
      made += 1;
      const token = `ghs_sandbox${made}`;
      tokens.add(token);
      const expires_at = new Date(Date.now() + 60 * 60_000).toISOString();
      const permissions = { actions: 'write', metadata: 'read' };
      return Response.json(
        { token, expires_at, permissions, repository_selection: 'selected' },
        { status: 201 },
      );
    },
    knows: (token) => token !== undefined && tokens.has(token),
    tokensMade: () => made,
    expireTokens: () => tokens.clear(),
    reinstall() {
      tokens.clear();
      installationId += 1;
    },
  };
}

/** GitHub's words for a JWT that it does not take; it knows the machine's clock only. */
function whatIsWrong(jwt: string, key: KeyObject, appId: string): string | undefined {
  const [header = '', payload = '', signature = '', ...more] = jwt.split('.');
  if (signature === '' || more.length > 0) return 'A JSON web token could not be decoded';
  const { alg } = decode(header);
  const { iss, iat, exp } = decode(payload);
  const isSigned = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    key,
    Buffer.from(signature, 'base64url'),
  );
  if (alg !== 'RS256' || !isSigned) return 'A JSON web token could not be decoded';
  if (String(iss) !== appId) return "'Issuer' claim ('iss') must be the app's id";
  const now = Date.now() / 1_000;
  if (typeof iat !== 'number' || iat > now) return "'Issued at' claim ('iat') must be an Integer in the past";
  if (typeof exp !== 'number' || exp <= now) return "'Expiration time' claim ('exp') is in the past";
  return exp - iat > 600 ? "'Expiration time' claim ('exp') is too far in the future" : undefined;
}

function decode(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
}
