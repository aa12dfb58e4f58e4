import { z } from 'zod';
import { parseVersion } from '../../core/version.ts';
import type { WireRequest, WireResponse } from '../wire.ts';
import type { About, ApiRoute } from './api-route.ts';
import { apiError } from './command-shapes.ts';
import type { Doorkeeper } from './guard.ts';

/** The very text that was signed, beside its signature (Ed25519, base64) and the id of the key. */
export const signedStatus = z.object({ signed: z.string(), signature: z.string(), key: z.string() });
export type SignedStatus = z.infer<typeof signedStatus>;

export interface VersionStatusList {
  /** The same for as long as nothing in it is another. */
  readonly tag: string;
  readonly all: SignedStatus;
  /** Undefined for what was never live. */
  readonly one: (app: string, version: string) => SignedStatus | undefined;
}

/** Nothing is said of any version: why. */
export interface Withheld {
  readonly withheld: string;
}

/** A change reaches a client no later than this, whatever caches are in between. */
const cachedFor = 60;

/**
 * `GET /.well-known/lastgood/status.json` and `GET /api/v1/status/{app}/{version}`: public, for apps that ask about
 * themselves. Nothing is looked up or signed for one request alone.
 * @param list undefined where nothing is signed
 */
export function versionStatusRoutes(
  keeper: Pick<Doorkeeper, 'closed' | 'isOutage' | 'failed'>,
  list: (() => Promise<VersionStatusList | Withheld>) | undefined,
): readonly ApiRoute[] {
  const get = (
    path: string,
    about: Pick<About, 'id' | 'summary' | 'parameters' | 'description'>,
    pick: (from: VersionStatusList, request: WireRequest) => SignedStatus | WireResponse,
  ): ApiRoute => ({
    method: 'GET',
    path,
    about: [{ ...about, public: true, responses: { ...answers, ...(about.parameters && mistakes) } }],
    handle: async (request) => {
      if (!list) return { status: 404, json: { error: unsigned } };
      const why = keeper.closed();
      if (why !== undefined) return { status: 503, json: { error: `${why}. Ask again in a moment.` } };
      try {
        const from = await list();
        if ('withheld' in from) return { status: 503, json: { error: `${from.withheld}.` } };
        const picked = pick(from, request);
        return 'signed' in picked ? conditional(request, from.tag, picked) : picked;
      } catch (error) {
        if (!keeper.isOutage(error)) throw error;
        keeper.failed(error, request.path);
        return { status: 503, json: { error: 'The store does not answer. Ask again in a moment.' } };
      }
    },
  });

  return [
    get(
      '/api/v1/status/{app}/{version}',
      {
        id: 'get-status-app-version',
        summary: 'Whether a version may be used, signed',
        description: 'How to check the signature stands in docs/version-status.md.',
        parameters: [
          { name: 'app', in: 'path', description: 'The app.', example: 'shop' },
          { name: 'version', in: 'path', description: 'The version that asks.', example: '1.4.2' },
        ],
      },
      (from, { params: { app = '', version: typed = '' } }) => {
        const version = parseVersion(typed);
        if (version === undefined)
          return { status: 400, json: { error: 'The last part is no version such as 1.4.2.' } };
        const error = `${app.slice(0, 63)} ${version} is not known here: nobody has said that it was ever live.`;
        return from.one(app, version) ?? { status: 404, json: { error } };
      },
    ),
    get(
      '/.well-known/lastgood/status.json',
      {
        id: 'get-status-list',
        summary: 'The same for every version of every app, as one list',
        description:
          'It is numbered and expires; docs/version-status.md says what to refuse. With If-None-Match: 304.',
      },
      ({ all }) => all,
    ),
  ];
}

const answers: About['responses'] = {
  200: {
    description: 'The signed text, its signature (Ed25519, base64) and the id of the key.',
    shapes: [signedStatus],
  },
  404: { description: 'Nothing is known of it, or this Lastgood signs nothing.', shapes: [apiError] },
};
const mistakes: About['responses'] = { 400: { description: 'This is no version.', shapes: [apiError] } };

const unsigned =
  'This Lastgood signs no version status, since SIGNING_KEY is not set. (lastgood key create makes a key.)';

function conditional({ headers }: WireRequest, tag: string, json: SignedStatus): WireResponse {
  const etag = `"${tag}"`;
  const about = {
    etag,
    'cache-control': `public, max-age=${cachedFor}`,
    // Web apps ask, too; there is nothing in it that is not for everybody.
    'access-control-allow-origin': '*',
  };
  // Sent twice, it is a list, and no condition.
  const given: unknown = headers['if-none-match'];
  const known = typeof given === 'string' ? given.split(/\s*,\s*/) : [];
  const isKnown = known.some((each) => each === '*' || each.replace(/^W\//, '') === etag);
  return isKnown ? { status: 304, headers: about } : { status: 200, json, headers: about };
}
