import type { Instant } from '../core/time.ts';
import { apiTokens } from './api-tokens.ts';
import { conversations, releaseBotApp } from './cast.ts';
import type { World } from './world.ts';

/** What the sandbox's release bot can find out about a version, as it reports it. */
export const findings = [
  {
    name: 'healthy',
    title: 'All is well',
    measured: { sessions: 4210, crash_free_sessions: 0.9971, error_rate: 0.008, success_rate: 0.992 },
  },
  {
    name: 'few',
    title: 'Too few sessions to say',
    measured: { sessions: 41, crash_free_sessions: 0.9971, error_rate: 0.008, success_rate: 0.992 },
  },
  {
    name: 'failing',
    title: 'Crash-free 97 %, errors doubled',
    measured: { sessions: 4210, crash_free_sessions: 0.97, error_rate: 0.016, success_rate: 0.984 },
  },
] as const;

export type Finding = (typeof findings)[number];

/** What the API answered, in a line. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

const minute = 60_000;

/** A finding of the last half hour, as `POST /api/v1/canary` and the metadata of a Slack message take it. */
export function canaryReport(
  finding: Finding,
  about: About,
  now: Instant,
): Readonly<Record<string, unknown>> {
  const window = { start: new Date(now - 30 * minute).toISOString(), end: new Date(now).toISOString() };
  return { ...about, window, ...finding.measured, p95_ms: 210, p99_ms: 480 };
}

export interface About {
  /** `shop/canary` */
  readonly channel: string;
  readonly version: string;
}

/** Posts to the bot's API with the release bot's token, as a program anywhere would. */
export async function tellBot(world: World, path: 'canary' | 'deployments', body: object): Promise<Answered> {
  const response = await fetch(`${world.bot().url}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiTokens['release-bot']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { readonly title: string; readonly lines: readonly string[] };
  return { status: response.status, text: [answer.title, ...answer.lines].join(' ') };
}

/** Posts a finding into #releases as a message of the release bot's own Slack app, which health.yml lists. */
export async function postFinding(world: World, finding: Finding, about: About): Promise<void> {
  const text = `Health of ${about.version} on ${about.channel}: ${finding.title}`;
  const payload = canaryReport(finding, about, world.clock.now());
  const metadata = { event_type: 'canary_health', event_payload: payload };
  await world.slack.postAs(releaseBotApp, conversations.releases.id, { text, metadata });
}
