import { refuseBlocks } from './block-kit.ts';
import { REPLY_PATH } from './slack-replies.ts';
import type { Replies, Reply } from './slack-replies.ts';
import { ALL_SCOPES, type SlackPerson, type Workspace } from './slack-workspace.ts';

type Proceed = (request: Request) => Promise<Response>;
type Arguments = Readonly<Record<string, unknown>>;

interface ApiAnswer {
  readonly ok: boolean;
  readonly ts?: string | undefined;
  readonly message_ts?: string | undefined;
  readonly user?: { readonly id?: string } | undefined;
  readonly members?: readonly { readonly id: string }[] | undefined;
  readonly messages?: readonly { readonly metadata?: unknown }[] | undefined;
}

/** Answers every request to the workspace: emulate does the work, and this what emulate leaves out. */
export function createWebApi(
  workspace: Workspace,
  botToken: string,
  replies: Replies,
): (request: Request, proceed: Proceed) => Promise<Response> {
  const answerReply = (path: string, reply: Reply): Response => {
    const refusal = refuseBlocks(reply.blocks ?? []);
    if (refusal !== undefined) return blocksError(refusal.error, refusal.reasons, 400);
    const place = replies.use(path);
    if ('error' in place) return slackError(place.error, 404);
    return replies.take(place, reply) ? Response.json({ ok: true }) : slackError('message_not_found', 404);
  };

  /** Puts right what emulate answers. */
  const complete = (method: string, given: Arguments, body: ApiAnswer): ApiAnswer => {
    if (!body.ok) return body;
    switch (method) {
      case 'chat.postMessage':
        return { ...body, ts: workspace.tsInPlaceOf(body.ts) };
      case 'chat.postEphemeral':
        return { ...body, message_ts: workspace.tsInPlaceOf(body.message_ts) };
      case 'users.info':
      case 'users.lookupByEmail':
        return { ...body, user: { ...body.user, ...flags(workspace.people.get(body.user?.id ?? '')) } };
      case 'users.list':
        return {
          ...body,
          members: body.members?.map((member) => ({ ...member, ...flags(workspace.people.get(member.id)) })),
        };
      case 'conversations.history':
      case 'conversations.replies':
        if (isTrue(given['include_all_metadata'])) return body;
        return { ...body, messages: body.messages?.map(({ metadata: _unasked, ...message }) => message) };
      default:
        return body;
    }
  };

  const answer = async (request: Request, proceed: Proceed): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(REPLY_PATH)) return answerReply(pathname, (await request.json()) as Reply);
    if (!pathname.startsWith('/api/')) return proceed(request);
    const token = request.headers.get('Authorization')?.replace(/^Bearer /i, '');
    if (token !== botToken) return slackError(token === undefined ? 'not_authed' : 'invalid_auth');
    const given = await readArguments(request);
    const blocks = given['blocks'];
    const refusal = Array.isArray(blocks) ? refuseBlocks(blocks) : undefined;
    if (refusal !== undefined) return blocksError(refusal.error, refusal.reasons, 200);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const response = await proceed(
      new Request(request.url, { method: 'POST', headers, body: JSON.stringify(given) }),
    );
    if (response.status === 404) return slackError('unknown_method');
    return Response.json(
      complete(pathname.slice('/api/'.length), given, (await response.json()) as ApiAnswer),
      { headers: { 'X-OAuth-Scopes': ALL_SCOPES.join(',') } },
    );
  };

  return async (request, proceed) => {
    const answered = await answer(request, proceed);
    // Slack's clock is the sandbox's.
    answered.headers.set('Date', workspace.now().toUTCString());
    return answered;
  };
}

function flags(person: SlackPerson | undefined): object {
  return {
    deleted: person?.deleted ?? false,
    is_restricted: person?.is_restricted ?? false,
    is_ultra_restricted: person?.is_ultra_restricted ?? false,
    is_stranger: person?.is_stranger ?? false,
  };
}

/** The arguments of a Web API call, form or JSON; `blocks` as the array that it stands for. */
async function readArguments(request: Request): Promise<Arguments> {
  const raw = await request.text();
  if (request.headers.get('Content-Type')?.includes('application/json') === true)
    return JSON.parse(raw) as Arguments;
  const given: Arguments = Object.fromEntries(new URLSearchParams(raw));
  return typeof given['blocks'] === 'string'
    ? { ...given, blocks: JSON.parse(given['blocks']) as unknown }
    : given;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1';
}

function slackError(error: string, status = 200): Response {
  return Response.json({ ok: false, error }, { status });
}

function blocksError(error: string, reasons: readonly string[], status: number): Response {
  const messages = reasons.map((reason) => `[ERROR] ${reason}`);
  return Response.json({ ok: false, error, errors: reasons, response_metadata: { messages } }, { status });
}
