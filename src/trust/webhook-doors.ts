import { z } from 'zod';
import type { WireRequest } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import { isSigned } from './hmac.ts';
import { metricAlertId } from './metric-alert.ts';
import { secret, type Secret } from './secrets.ts';
import { sha256Hex } from './sha256.ts';
import { isWebhookToken, type WebhookTokens } from './webhook-token.ts';

/** Systems that sign their webhooks with a secret that we share. */
export type SigningSource = 'grafana' | 'pagerduty' | 'sentry' | 'github';

export interface WebhookKeys {
  readonly tokens: WebhookTokens;
  /** None: the source is not configured. */
  readonly secrets: Readonly<Record<SigningSource, readonly Secret[]>>;
}

/** How the webhooks of one source prove that they come from it. */
export interface WebhookDoor {
  readonly source: string;
  /** Reads headers and compares; whatever is presented, it never throws. */
  readonly isAuthentic: (request: WireRequest, at: Instant) => boolean;
  /** Whether a signature may let somebody in, which only the whole body tells; else a bearer token does, or nothing. */
  readonly takesSignatures: boolean;
  /**
   * The same for the same delivery, made of signed bytes only: an id in an unsigned header is whatever a replay says.
   * Undefined where the same words again are news, as with monitoring that repeats what still fires.
   */
  readonly deliveryId: (request: WireRequest) => string | undefined;
  /** Headers that readers need besides the body. They are not signed: they name, and decide nothing. */
  readonly keeps: readonly string[];
  /** What the sender is told whose request was not authentic. */
  readonly refusal: string;
}

/** `PAGERDUTY_WEBHOOK_SECRET` and the like: one secret, or two while one replaces the other. */
export const webhookSecrets = z
  .string()
  .transform((text) =>
    text
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  )
  .refine(
    (all) => all.length === 1 || all.length === 2,
    'expected one secret, or two separated by a comma while one replaces the other',
  )
  .transform((all) => all.map(secret));

/** Every source of webhooks, and how each is let in. A source without token or secret lets nobody in. */
export function webhookDoors({ tokens, secrets }: WebhookKeys): readonly WebhookDoor[] {
  const bearer = (source: string): WebhookDoor => ({
    source,
    isAuthentic: ({ headers }) => isWebhookToken(tokens, source, headers['authorization']),
    takesSignatures: false,
    deliveryId: () => undefined,
    keeps: [],
    refusal: Object.hasOwn(tokens, source)
      ? `Send “Authorization: Bearer <token>” with a token whose SHA-256 is in WEBHOOK_TOKENS under ${source}.`
      : `Webhooks of ${source} are not configured here: WEBHOOK_TOKENS has no token under ${source}.`,
  });
  const signed = (
    source: SigningSource,
    door: Pick<WebhookDoor, 'deliveryId' | 'keeps'> & {
      readonly header: string;
      readonly setting: string;
      /** The signatures in the header's value, without what stands around them. */
      readonly signatures: (value: string) => readonly string[];
    },
  ): WebhookDoor => {
    const { header, setting, signatures, ...rest } = door;
    return {
      ...rest,
      source,
      takesSignatures: secrets[source].length > 0,
      isAuthentic: ({ headers, body }) => {
        const value = single(headers[header.toLowerCase()]);
        return value !== undefined && isSigned(body, signatures(value), secrets[source]);
      },
      refusal:
        secrets[source].length > 0
          ? `${header} is not the signature of this body under ${setting}.`
          : `Webhooks of ${source} are not configured here: ${setting} is not set.`,
    };
  };
  return [
    bearer('alertmanager'),
    bearer('generic'),
    grafanaDoor(bearer('grafana'), secrets.grafana),
    signed('pagerduty', {
      header: 'X-PagerDuty-Signature',
      setting: 'PAGERDUTY_WEBHOOK_SECRET',
      // Several while PagerDuty replaces its secret; other versions are for other receivers.
      signatures: (value) => value.split(',').flatMap((one) => without('v1=', one.trim())),
      deliveryId: ({ body }) => pagerdutyEventId(body) ?? sha256Hex(body),
      keeps: [],
    }),
    signed('sentry', {
      header: 'Sentry-Hook-Signature',
      setting: 'SENTRY_CLIENT_SECRET',
      signatures: (value) => [value],
      // Request-ID is not signed, and another one each time Sentry tries again. A metric alert that goes up, down and
      // up again may say what it has said before: whoever reads it compares it with the last.
      deliveryId: ({ body }) => (metricAlertId(body) === undefined ? sha256Hex(body) : undefined),
      keeps: ['sentry-hook-resource', 'request-id'],
    }),
    signed('github', {
      header: 'X-Hub-Signature-256',
      setting: 'GITHUB_WEBHOOK_SECRET',
      signatures: (value) => without('sha256=', value),
      // X-GitHub-Delivery is not signed: under another one, an old deployment could be reported again.
      deliveryId: ({ body }) => sha256Hex(body),
      keeps: ['x-github-event', 'x-github-delivery'],
    }),
  ];
}

const grafanaSignature = 'x-grafana-alerting-signature';
const grafanaTimestamp = 'x-grafana-alerting-timestamp';
/** As for Slack; Grafana signs each attempt anew. */
const grafanaWindow = 300_000;

/** A bearer token, or a signature over the body: with the time before it where the contact point has a timestamp header. */
function grafanaDoor(bearer: WebhookDoor, secrets: readonly Secret[]): WebhookDoor {
  return {
    ...bearer,
    takesSignatures: secrets.length > 0,
    isAuthentic: (request, at) => {
      if (bearer.isAuthentic(request, at)) return true;
      const { headers, body } = request;
      const signature = single(headers[grafanaSignature]);
      if (signature === undefined) return false;
      if (headers[grafanaTimestamp] === undefined) return isSigned(body, [signature], secrets);
      const seconds = single(headers[grafanaTimestamp]) ?? '';
      const isRecent = /^\d{1,12}$/.test(seconds) && Math.abs(at - Number(seconds) * 1_000) <= grafanaWindow;
      return isRecent && isSigned(Buffer.concat([Buffer.from(`${seconds}:`), body]), [signature], secrets);
    },
    // With a signed time, the same words said again bear another signature: the same one twice is a replay.
    deliveryId: ({ headers }) => {
      const signature = single(headers[grafanaSignature]) ?? '';
      return headers[grafanaTimestamp] !== undefined && /^[0-9a-f]{64}$/.test(signature)
        ? signature
        : undefined;
    },
    refusal:
      secrets.length === 0
        ? bearer.refusal
        : `${bearer.refusal} Or sign with GRAFANA_WEBHOOK_SECRET, in X-Grafana-Alerting-Signature.`,
  };
}

/** A doubled header is none: whoever stands before us may have read the other one. */
function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function without(prefix: string, text: string): readonly string[] {
  return text.startsWith(prefix) ? [text.slice(prefix.length)] : [];
}

const pagerdutyEvent = z.object({ event: z.object({ id: z.string().regex(/^[\w-]{1,100}$/) }) });

function pagerdutyEventId(body: Buffer): string | undefined {
  try {
    return pagerdutyEvent.safeParse(JSON.parse(body.toString('utf8'))).data?.event.id;
  } catch {
    // It is authentic all the same, and kept; whoever reads it says what is wrong with it.
    return undefined;
  }
}
