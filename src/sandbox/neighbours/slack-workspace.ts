import { startCaptured } from './captured-emulator.ts';
import type { CaptureOptions, Stored, Table } from './captured-emulator.ts';
import type { Block } from './block-kit.ts';

export interface SlackPerson {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email: string;
  readonly deleted?: boolean;
  readonly is_bot?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
  /** Another workspace than this one, whose person a shared conversation shows here. */
  readonly teamId?: string;
}

export interface SlackConversation {
  readonly id: string;
  readonly name: string;
}

/** A message as emulate stores it; with `target_user` it is ephemeral. */
export interface MessageRow {
  readonly ts: string;
  readonly channel_id: string;
  readonly user: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly text: string;
  readonly blocks?: readonly Block[];
  readonly thread_ts?: string;
  readonly reply_broadcast?: boolean;
  readonly metadata?: {
    readonly event_type: string;
    readonly event_payload: Readonly<Record<string, unknown>>;
  };
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly target_user?: string;
}

export interface ConversationRow {
  readonly channel_id: string;
  readonly name: string;
  readonly is_im?: boolean;
  readonly user?: string;
}

export interface WorkspaceOptions {
  readonly port?: number;
  readonly now: () => Date;
  readonly botToken: string;
  readonly teamId?: string;
  readonly people: readonly SlackPerson[];
  readonly conversations: readonly SlackConversation[];
}

export interface Workspace {
  /** Without `/api/`. */
  readonly url: string;
  readonly team: { readonly id: string; readonly domain: string };
  readonly people: ReadonlyMap<string, SlackPerson>;
  readonly messages: Table<MessageRow>;
  readonly ephemerals: Table<MessageRow>;
  readonly conversations: Table<ConversationRow>;
  now(): Date;
  /** Six digits, never twice. */
  nextNumber(): string;
  nextTs(): string;
  /** The `ts` by our clock of a message just posted, for which emulate's handler still says its own. */
  tsInPlaceOf(emulated: string | undefined): string | undefined;
  /** Posts without the Web API. */
  post(message: Omit<MessageRow, 'ts'>): Stored<MessageRow>;
  close(): Promise<void>;
}

export const BOT = { userId: 'U0LASTGOOD', botId: 'B0LASTGOOD', appId: 'A0LASTGOOD' } as const;

// prettier-ignore
export const ALL_SCOPES = [
  'commands', 'metadata.message:read', 'chat:write', 'channels:read', 'channels:history', 'channels:join', 'channels:manage', 'groups:read', 'groups:history',
  'groups:write', 'im:read', 'im:history', 'im:write', 'mpim:read', 'mpim:history', 'mpim:write', 'users:read',
  'users:read.email', 'users.profile:read', 'files:read', 'files:write', 'pins:read', 'pins:write', 'bookmarks:read',
  'bookmarks:write', 'reactions:read', 'reactions:write', 'team:read',
];

/** emulate's Slack with our team, people and conversations in place of its own, and our clock in every `ts`. */
export async function startWorkspace(
  options: WorkspaceOptions,
  edge: Pick<CaptureOptions, 'changed' | 'intercept'>,
): Promise<Workspace> {
  const team = { id: options.teamId ?? 'T0LASTGOOD', domain: 'lastgood-sandbox' };
  const renamed = new Map<string, string>();
  let counter = 0;
  const nextNumber = (): string => String(++counter).padStart(6, '0');
  const nextTs = (): string => `${Math.floor(options.now().getTime() / 1000)}.${nextNumber()}`;

  /** emulate takes `ts` from the machine's clock and knows neither `bot_id` nor `block_id`: put right before it is stored. */
  const rewrite = (table: string, row: object): object => {
    if (table === 'slack.channels') return nameDirectMessage(row);
    if (table !== 'slack.messages' && table !== 'slack.ephemeral_messages') return row;
    const { ts: emulated, user, edited, blocks } = row as Partial<MessageRow>;
    const ts = emulated === undefined ? undefined : nextTs();
    if (emulated && ts !== undefined) renamed.set(emulated, ts);
    return {
      ...row,
      ...(ts !== undefined && { ts }),
      ...(ts !== undefined && user === BOT.userId && { bot_id: BOT.botId, app_id: BOT.appId }),
      ...(edited !== undefined && { edited: { ...edited, ts: nextTs() } }),
      ...(blocks !== undefined && {
        blocks: blocks.map((block) => ({ ...block, block_id: block.block_id ?? `b${nextNumber()}` })),
      }),
    };
  };

  const emulator = await startCaptured('slack', {
    ...edge,
    port: options.port,
    now: options.now,
    seed: {},
    rewrite,
  });
  const messages = emulator.table<MessageRow>('slack.messages');
  const ephemerals = emulator.table<MessageRow>('slack.ephemeral_messages');
  seed((name) => emulator.table(`slack.${name}`), team, options);

  return {
    url: emulator.url,
    team,
    people: new Map(options.people.map((person) => [person.id, person])),
    messages,
    ephemerals,
    conversations: emulator.table<ConversationRow>('slack.channels'),
    now: options.now,
    nextNumber,
    nextTs,
    tsInPlaceOf(emulated) {
      const ts = renamed.get(emulated ?? '');
      renamed.delete(emulated ?? '');
      return ts;
    },
    post(message) {
      const table = message.target_user === undefined ? messages : ephemerals;
      const emulated = { ts: '', type: 'message', reply_count: 0, reply_users: [], reactions: [] };
      return table.insert({ ...emulated, ...message });
    },
    close: () => emulator.close(),
  };
}

/** emulate draws the ids of direct messages at random; ours say whom they are with. */
function nameDirectMessage(row: object): object {
  const { is_im, user } = row as Partial<ConversationRow>;
  return is_im === true && user !== undefined ? { ...row, channel_id: `D${user.slice(1)}` } : row;
}

function seed(
  table: (name: string) => Table<object>,
  team: Workspace['team'],
  options: WorkspaceOptions,
): void {
  for (const name of ['teams', 'users', 'channels', 'incoming_webhooks', 'bots', 'tokens'])
    for (const { id } of table(name).all()) table(name).delete(id);
  const bot: SlackPerson = {
    id: BOT.userId,
    name: 'lastgood',
    realName: 'Lastgood',
    email: 'lastgood@bots.example',
    is_bot: true,
  };
  table('teams').insert({ team_id: team.id, name: 'Lastgood sandbox', domain: team.domain });
  for (const person of [...options.people, bot]) table('users').insert(userRow(team.id, person));
  table('bots').insert({
    bot_id: BOT.botId,
    app_id: BOT.appId,
    user_id: BOT.userId,
    name: bot.name,
    deleted: false,
    icons: { image_48: '' },
  });
  table('tokens').insert({
    token: options.botToken,
    token_type: 'bot',
    team_id: team.id,
    user_id: BOT.userId,
    scopes: ALL_SCOPES,
    app_id: BOT.appId,
    bot_id: BOT.botId,
    bot_user_id: BOT.userId,
  });
  const members = [BOT.userId, ...options.people.map(({ id }) => id)];
  for (const conversation of options.conversations)
    table('channels').insert(conversationRow(team.id, conversation, members, options.now()));
}

function userRow(teamId: string, person: SlackPerson): object {
  const { id, name, realName, email } = person;
  return {
    user_id: id,
    team_id: person.teamId ?? teamId,
    name,
    real_name: realName,
    email,
    is_admin: false,
    is_bot: person.is_bot ?? false,
    deleted: person.deleted ?? false,
    profile: { display_name: name, real_name: realName, email, image_48: '', image_192: '' },
    presence: 'active',
    manual_presence: 'auto',
    connection_count: 1,
  };
}

function conversationRow(
  teamId: string,
  conversation: SlackConversation,
  members: readonly string[],
  at: Date,
): object {
  const nothing = { value: '', creator: BOT.userId, last_set: Math.floor(at.getTime() / 1000) };
  return {
    channel_id: conversation.id,
    team_id: teamId,
    name: conversation.name,
    is_channel: true,
    is_private: false,
    is_archived: false,
    topic: nothing,
    purpose: nothing,
    members,
    creator: BOT.userId,
    num_members: members.length,
  };
}
