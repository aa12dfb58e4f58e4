import { z } from 'zod';
import type { Actor, Via } from '../core/actor.ts';
import { answer, type Answer } from '../core/answer.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';

/** A person who may be listened to, or why not. */
export type Identified = { readonly actor: Actor } | { readonly refused: Answer };

/** Of Slack's `users.info`, what decides. Slack leaves out flags that do not apply. */
const slackUser = z.object({
  id: z.string(),
  team_id: z.string(),
  name: z.string(),
  real_name: z.string().optional(),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
});

/**
 * Says who stands behind a Slack account at this moment. Ask on every command and click: accounts are closed and
 * become guests. A look-up that fails denies, since a guest could otherwise wait for a bad moment.
 * @param asked.team our own workspace
 * @param asked.lookUp reads the `user` of Slack's `users.info`
 */
export async function identify(asked: {
  readonly userId: string;
  readonly team: string;
  readonly lookUp: () => Promise<unknown>;
  readonly roster: RosterPolicy;
  readonly via: Via;
}): Promise<Identified> {
  const { userId, team, roster, via } = asked;
  const user = await read(asked.lookUp);
  if (user?.id !== userId) return { refused: lookUpFailed };
  const why = unfit(user, team);
  if (why !== undefined) {
    const advice = 'Ask somebody on call: /oncall says who that is.';
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

function unfit(user: z.infer<typeof slackUser>, team: string): string | undefined {
  if (user.deleted) return 'This Slack account is deactivated.';
  if (user.is_bot) return 'Bots cannot give commands.';
  if (user.is_ultra_restricted || user.is_restricted) return 'Guests cannot give commands.';
  if (user.is_stranger || user.team_id !== team) return 'This Slack account belongs to another workspace.';
  return undefined;
}

const lookUpFailed = answer(
  'refused',
  'Lastgood could not check who you are',
  'Slack did not say who this account belongs to, so nothing was done.',
  'Try again in a moment.',
);
