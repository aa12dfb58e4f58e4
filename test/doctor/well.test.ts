import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { areas } from '../../src/doctor/finding.ts';
import { summaryOf } from '../../src/doctor/summary.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { openWard, troubles, type Ward } from './ward.ts';

let ward: Ward;
beforeAll(async () => {
  ward = await openWard();
});
afterAll(() => ward.close());

test('finds nothing wrong in the sandbox, and looks at every part of it', async () => {
  const findings = await ward.call();
  expect(troubles(findings)).toEqual([]);
  expect(new Set(findings.map(({ area }) => area))).toEqual(new Set(areas));
});

test('finds nothing wrong where PagerDuty is told whom to call', async () => {
  const findings = await ward.call({
    env: ward.neighbours.pagerdutyAccess,
    policies: {
      'services.yml': (yaml) =>
        yaml.replaceAll('    conversation: incidents', '    pagerduty: PSHOP\n    conversation: incidents'),
    },
  });
  expect(troubles(findings)).toEqual([]);
  expect(findings.filter(({ area }) => area === 'PagerDuty').map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'is accepted; whether it may write, only a page can prove',
      'lastgood@shop.example is the account PBOT',
      'PSHOP is “Shop”',
      'PANA is Ana Ruiz',
    ]),
  );
});

test('warns of tokens that could approve, and of nothing else there', async () => {
  const { title, lines } = summaryOf(await ward.call());
  expect(title).toMatch(/^The doctor finds \? 1 unknown, ✓ \d+ ok$/);
  expect(lines).toEqual([
    expect.stringMatching(
      /^\? Settings: API_TOKENS, ben, API_TOKENS, dana may approve changes to production/,
    ),
    expect.stringMatching(/^ {3}→ Keep the roles approver and lead off it/),
  ]);
});

test('posts, pages, mails and starts nothing', async () => {
  const { slack, pagerduty, mail, github } = ward.neighbours;
  await ward.call();
  expect(slack.conversations().flatMap(({ id }) => slack.messages(id))).toEqual([]);
  expect(pagerduty.log()).toEqual([]);
  expect(mail.mails()).toEqual([]);
  expect(github.runs()).toEqual([]);
});

test('looks into a store that nobody has open, and leaves it to whoever opens it next', async () => {
  const findings = await ward.call({
    folders: async ({ dataDir }) => {
      const store = await openSqliteStore({ path: join(dataDir, 'lastgood.db') });
      await store.close();
    },
  });
  expect(findings).toContainEqual(
    expect.objectContaining({ name: 'store', status: 'ok', what: expect.stringContaining('is intact') }),
  );
});

test('knows the people of an organization, in which the app is installed for all workspaces', async () => {
  const organization = 'E0ACME';
  const answers = {
    slack: [
      {
        path: /auth\.test/,
        body: {
          ok: true,
          // This is what Slack gives as the team then.
          team_id: organization,
          enterprise_id: organization,
          is_enterprise_install: true,
          user_id: 'U0BOT',
          bot_id: 'B0BOT',
          user: 'lastgood',
          team: 'Acme',
        },
      },
      {
        path: /users\.info/,
        body: {
          ok: true,
          user: {
            id: 'U0ANA',
            name: 'ana',
            team_id: 'T0SHOP',
            enterprise_user: { enterprise_id: organization, teams: ['T0SHOP'] },
          },
        },
      },
    ],
  };
  const findings = await ward.call({ answers });
  expect(findings.find(({ area, name }) => area === 'Slack' && name === 'Ana Ruiz')).toMatchObject({
    status: 'ok',
    what: 'U0ANA is an active account',
  });
});
