import type { RosterPolicy } from '../../core/policies/roster.ts';
import { lookUpUser, type Workspace } from '../../slack/clients.ts';
import { slackError } from '../../slack/posting.ts';
import { identify } from '../../trust/slack-identity.ts';
import type { Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';
import type { SlackPatient } from '../patient.ts';
import { refused } from '../slack-refusal.ts';

/** So many look-ups at a time: Slack takes a hundred a minute. */
const atOnce = 10;

/** Each Slack account of the roster: whether Lastgood would listen to it, and could page it. */
export const slackPeople: Check = {
  area: 'Slack',
  name: 'people',
  about: 'roster',
  look: async ({ slack, policies }, signal) => {
    const workspace = await slack?.workspace().catch(() => undefined);
    if (!slack || !policies || !workspace) return [];
    const { roster } = policies;
    const accounts = Object.values(roster.people).flatMap(({ name, slack: ids }) =>
      ids.map((id) => ({ id, name: ids.length === 1 ? name : `${name}, ${id}` })),
    );
    const found: Looked[] = [];
    for (let at = 0; at < accounts.length && !signal.aborted; at += atOnce) {
      const some = accounts.slice(at, at + atOnce);
      found.push(
        ...(await Promise.all(some.map(({ id, name }) => lookAt(slack, workspace, roster, id, name)))),
      );
    }
    return found;
  },
};

async function lookAt(
  { client }: SlackPatient,
  { teamId: team, enterpriseId, wholeEnterprise }: Workspace,
  roster: RosterPolicy,
  userId: string,
  name: string,
): Promise<Looked> {
  try {
    const user = await lookUpUser(client, userId);
    const who = await identify({
      userId,
      team,
      enterprise: wholeEnterprise ? enterpriseId : undefined,
      lookUp: () => Promise.resolve(user),
      roster,
      via: 'slack',
    });
    if ('actor' in who) return ok(name, `${userId} is an active account`);
    const [why = who.refused.title] = who.refused.lines;
    return wrong(name, `${userId}: ${why}`, 'Correct the person’s Slack id in roster.yml.');
  } catch (error) {
    switch (slackError(error)) {
      case 'user_not_found':
      case 'user_not_visible':
      case 'users_not_found':
        return wrong(
          name,
          `${userId} is nobody in this workspace`,
          'Correct the person’s Slack id in roster.yml; it stands in their Slack profile.',
        );
      case 'missing_scope':
        return unknown(name, 'cannot be looked up without the scope users:read');
      default:
        return refused(name, error);
    }
  }
}
