import { z } from 'zod';
import type { Actor, Via } from '../core/actor.ts';
import { answer, type Answer } from '../core/answer.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';

/** A person who may be listened to, or why not. */
export type Identified = { readonly actor: Actor } | { readonly refused: Answer };

/**
 * Of Slack's `users.info`, what decides. Slack leaves out flags that do not apply. `is_app_user` is none of them: it
 * means somebody who has authorized the app. `is_stranger` is false for the people of another company whom a shared
 * conversation shows us: what counts is the workspace.
 */
const slackUser = z.object({
  id: z.string(),
  /** In an Enterprise organization, one of several or null. */
  team_id: z.string().nullish(),
  /** Only in an Enterprise organization. `teams` are the workspaces that the person belongs to. */
  enterprise_user: z
    .object({ enterprise_id: z.string().nullish(), teams: z.array(z.string()).nullish() })
    .nullish(),
  name: z.string(),
  real_name: z.string().optional(),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_workflow_bot: z.boolean().default(false),
  is_connector_bot: z.boolean().default(false),
  is_invited_user: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
});

/**
 * Says who stands behind a Slack account at this moment. Ask on every command and click: accounts are closed and
 * become guests. A look-up that fails denies, since a guest could otherwise wait for a bad moment.
 * @param asked.team our own workspace
 * @param asked.enterprise our own organization, when the app is installed for all of its workspaces
 * @param asked.lookUp reads the `user` of Slack's `users.info`
 */
export async function identify(asked: {
  readonly userId: string;
  readonly team: string;
  readonly enterprise?: string | undefined;
  readonly lookUp: () => Promise<unknown>;
  readonly roster: RosterPolicy;
  readonly via: Via;
}): Promise<Identified> {
  const { userId, roster, via } = asked;
  const user = await read(asked.lookUp);
  if (user?.id !== userId) return { refused: lookUpFailed };
  const why = unfit(user, asked);
  if (why !== undefined) {
    // Not a command: whoever is refused one is refused them all.
    const advice = 'Ask a full member of this workspace to do it.';
    return { refused: answer('refused', 'Lastgood does not take this from you', why, advice) };
  }
  const [person, entry] = Object.entries(roster.people).find(([, { slack }]) => slack.includes(userId)) ?? [];
  const name = entry?.name ?? user.real_name ?? user.name;
  const account = `slack ${userId}`;
  return { actor: { kind: 'person', person, account, name, roles: entry?.roles ?? [], via } };
}

async function read(lookUp: () => Promise<unknown>): Promise<z.infer<typeof slackUser> | undefined> {
  try {
    return slackUser.safeParse(await lookUp()).data;
  } catch {
    // Whatever went wrong, the answer is the same: nobody is let in on a guess.
    return undefined;
  }
}

/** Slack says of its own Slackbot that it is no bot. */
const slackbot = 'USLACKBOT';

type SlackUser = z.infer<typeof slackUser>;

function unfit(user: SlackUser, ours: Parameters<typeof belongs>[1]): string | undefined {
  if (user.deleted) return 'This Slack account is deactivated.';
  if (user.is_bot || user.is_workflow_bot || user.is_connector_bot || user.id === slackbot)
    return 'Bots cannot give commands.';
  if (user.is_invited_user) return 'This Slack account was invited and has never signed in.';
  if (user.is_ultra_restricted || user.is_restricted) return 'Guests cannot give commands.';
  if (user.is_stranger || !belongs(user, ours)) return 'This Slack account belongs to another workspace.';
  return undefined;
}

/** A list of workspaces says more than one of them. */
function belongs(
  { team_id, enterprise_user }: SlackUser,
  ours: { readonly team: string; readonly enterprise?: string | undefined },
): boolean {
  // Whoever was taken out of every workspace is still in the organization's directory.
  if (ours.enterprise !== undefined)
    return enterprise_user?.enterprise_id === ours.enterprise && enterprise_user.teams?.length !== 0;
  return (enterprise_user?.teams ?? [team_id]).includes(ours.team);
}

const lookUpFailed = answer(
  'refused',
  'Lastgood could not check who you are',
  'Slack did not say who this account belongs to, so nothing was done.',
  'Try again in a moment.',
);
