import { expect, test } from 'vitest';
import { rosterPolicy } from '../../src/core/policies/roster.ts';
import { identify } from '../../src/trust/slack-identity.ts';

const roster = rosterPolicy.parse({
  people: {
    ana: { name: 'Ana Ruiz', slack: ['U0ANA', 'U0ANA2'], roles: ['responder', 'approver'] },
    ben: { name: 'Ben Okafor', slack: 'U0BEN', roles: ['lead'] },
  },
  rotations: {},
});

const user = {
  id: 'U0ANA',
  team_id: 'T0SHOP',
  name: 'ana',
  real_name: 'Ana R.',
  deleted: false,
  is_bot: false,
};

function ask(userId: string, lookUp: () => Promise<unknown>, enterprise?: string) {
  return identify({ userId, team: 'T0SHOP', enterprise, lookUp, roster, via: 'slack' });
}

test.each(['U0ANA', 'U0ANA2'])('%s is the same person, with the roles of the roster', async (id) => {
  expect(await ask(id, async () => Promise.resolve({ ...user, id }))).toEqual({
    actor: {
      kind: 'person',
      person: 'ana',
      account: `slack ${id}`,
      name: 'Ana Ruiz',
      roles: ['responder', 'approver'],
      via: 'slack',
    },
  });
});

test('somebody who is not in the roster is nobody with a name', async () => {
  const eve = { ...user, id: 'U0EVE', name: 'eve', real_name: 'Eve' };
  expect(await ask('U0EVE', async () => Promise.resolve(eve))).toEqual({
    actor: {
      kind: 'person',
      person: undefined,
      account: 'slack U0EVE',
      name: 'Eve',
      roles: [],
      via: 'slack',
    },
  });
});

test.each([
  ['deactivated', { deleted: true }, 'This Slack account is deactivated.'],
  ['a bot', { is_bot: true }, 'Bots cannot give commands.'],
  ['a guest', { is_restricted: true }, 'Guests cannot give commands.'],
  ['a single-channel guest', { is_ultra_restricted: true }, 'Guests cannot give commands.'],
  ['a workflow', { is_workflow_bot: true }, 'Bots cannot give commands.'],
  ["another company's bot", { is_connector_bot: true }, 'Bots cannot give commands.'],
  ['invited only', { is_invited_user: true }, 'This Slack account was invited and has never signed in.'],
  ['a stranger', { is_stranger: true }, 'This Slack account belongs to another workspace.'],
  ['of another team', { team_id: 'T0OTHER' }, 'This Slack account belongs to another workspace.'],
])('an account that is %s is refused, roster or not', async (_name, flags, why) => {
  expect(await ask('U0ANA', async () => Promise.resolve({ ...user, ...flags }))).toMatchObject({
    refused: { tone: 'refused', lines: [why, 'Ask a full member of this workspace to do it.'] },
  });
});

const other = 'This Slack account belongs to another workspace.';
const acme = { enterprise_id: 'E0ACME', teams: ['T0SHOP', 'T0OFFICE'] };

/** What `users.info` says about people of an Enterprise organization, and of other companies. */
test.each([
  ['of our workspace', { enterprise_user: acme }, undefined, undefined],
  [
    'named after another of their workspaces',
    { team_id: 'T0OFFICE', enterprise_user: acme },
    undefined,
    undefined,
  ],
  ['named after none', { team_id: null, enterprise_user: acme }, undefined, undefined],
  [
    'of our organization, and not of our workspace',
    { enterprise_user: { ...acme, teams: ['T0OFFICE'] } },
    other,
    undefined,
  ],
  ['of no workspace any more', { enterprise_user: { ...acme, teams: [] } }, other, other],
  ['that Slack does not place', { team_id: undefined }, other, other],
  ['of another company, in a shared conversation', { team_id: 'T0OTHER', is_stranger: false }, other, other],
  [
    'of another organization',
    { team_id: 'T0OTHER', enterprise_user: { enterprise_id: 'E0OTHER', teams: ['T0OTHER'] } },
    other,
    other,
  ],
  ['of our workspace, and of no organization', {}, undefined, other],
  ['that has authorized the app', { is_app_user: true, enterprise_user: acme }, undefined, undefined],
])('an account %s', async (_name, fields, inWorkspace, inOrganization) => {
  const lookUp = async () => Promise.resolve({ ...user, ...fields });
  const asked = [await ask('U0ANA', lookUp), await ask('U0ANA', lookUp, 'E0ACME')];
  expect(asked.map((who) => ('refused' in who ? who.refused.lines[0] : undefined))).toEqual([
    inWorkspace,
    inOrganization,
  ]);
});

test('Slackbot is a bot, whatever Slack says', async () => {
  const slackbot = { ...user, id: 'USLACKBOT', is_bot: false };
  expect(await ask('USLACKBOT', async () => Promise.resolve(slackbot))).toMatchObject({
    refused: { lines: ['Bots cannot give commands.', expect.any(String)] },
  });
});

test.each([
  ['fails', async () => Promise.reject(new Error('ratelimited'))],
  ['answers nothing', async () => Promise.resolve(undefined)],
  ['answers nonsense', async () => Promise.resolve({ ...user, is_restricted: 'no' })],
  ['answers about somebody else', async () => Promise.resolve({ ...user, id: 'U0BEN' })],
])('a look-up that %s denies, and says how to go on', async (_name, lookUp) => {
  expect(await ask('U0ANA', lookUp)).toMatchObject({
    refused: {
      tone: 'refused',
      title: 'Lastgood could not check who you are',
      lines: [expect.any(String), expect.stringContaining('Try again')],
    },
  });
});
