import { copyFile, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { examplePolicies, exampleRegistry } from '../../src/sandbox/example-policies.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { PolicyChanges } from '../support/changed-policies.ts';
import { openWard, troubles, type Trouble, type Ward } from './ward.ts';

let ward: Ward;
beforeAll(async () => {
  ward = await openWard();
});
afterAll(() => ward.close());

/** What is broken → `status area: name what → advice`, or the words of it that matter. */
type Table = Readonly<Record<string, readonly [Trouble, ...RegExp[]]>>;

const off = { PAGERDUTY_ROUTING_KEY: undefined, SMTP_URL: undefined, MAIL_FROM: undefined };
const slackSays = (path: RegExp, error: string): Trouble => ({
  answers: { slack: [{ path, body: { ok: false, error } }] },
});
const workflow = (text: string): Trouble => ({
  answers: {
    github: [{ path: /contents.*rollback\.yml/, body: { content: Buffer.from(text).toString('base64') } }],
  },
});

/** PagerDuty is told whom to call, by the policies and by these settings. */
const byName = (
  env: NonNullable<Trouble['env']>,
  service = 'PSHOP',
  roster?: (yaml: string) => string,
): Trouble => ({
  get env() {
    return { ...ward.neighbours.pagerdutyAccess, ...env };
  },
  policies: {
    'services.yml': (yaml) =>
      yaml.replaceAll(
        '    conversation: incidents',
        `    pagerduty: ${service}\n    conversation: incidents`,
      ),
    ...(roster && { 'roster.yml': roster }),
  },
});

const settings: Table = {
  'a token that is missing': [
    { env: { SLACK_BOT_TOKEN: undefined } },
    /^wrong Settings: SLACK_BOT_TOKEN is missing → .*README/,
  ],
  'a value that is malformed': [{ env: { LOG_LEVEL: 'loud' } }, /^wrong Settings: LOG_LEVEL [^→]*$/],
  'half a pair': [
    { env: { MAIL_FROM: undefined } },
    /^wrong Settings: MAIL_FROM is missing: it goes with SMTP_URL/,
    /^missing Settings: SMTP_URL, MAIL_FROM not set, which switches off pages by mail/,
  ],
  'no switch outside': [
    { env: { HEARTBEAT_URL: undefined } },
    /^missing Settings: HEARTBEAT_URL not set, which switches off a switch outside that notices when Lastgood is dead/,
  ],
  'a switch outside that is not there': [
    { env: { HEARTBEAT_URL: 'http://127.0.0.1:9/canary-of-the-heart' } },
    /^wrong Machine: HEARTBEAT_URL 127\.0\.0\.1 takes no connection: ECONNREFUSED → (?!.*canary)/,
  ],
  'no backups': [
    { env: { BACKUP_DIR: undefined } },
    /^missing Settings: BACKUP_DIR not set, which switches off a backup of the store every night/,
  ],
  'backups that are not made': [
    { env: { BACKUP_DIR: '/nowhere/backups' } },
    /^wrong Machine: backups there is none in \/nowhere\/backups → .*its log says what fails/,
  ],
  'a file that is not there': [
    { env: { SENTRY_DSN_FILE: '/nowhere/dsn' } },
    /^wrong Settings: SENTRY_DSN_FILE names a file that cannot be read/,
  ],
  'a token of the API for nobody': [
    {
      env: {
        API_TOKENS: JSON.stringify({ cli: { sha256: 'a'.repeat(64), roles: ['responder'], person: 'zoe' } }),
      },
    },
    /^wrong Settings: API_TOKENS \(cli\) stands for “zoe”, who is not in roster\.yml.* → .*roster\.yml/,
  ],
  'a job of GitHub Actions known by a name alone, and keys that nobody publishes': [
    {
      env: {
        GITHUB_OIDC_ISSUER: 'http://127.0.0.1:9',
        GITHUB_OIDC_AUDIENCE: 'https://lastgood.shop.example',
        GITHUB_OIDC: JSON.stringify({
          canary: { repository: 'shop/storefront', workflow: '.github/workflows/canary.yml' },
        }),
      },
    },
    /^wrong GitHub: GITHUB_OIDC_ISSUER http:\/\/127\.0\.0\.1:9\/\.well-known\/jwks: .* → .*GITHUB_OIDC_ISSUER/,
    /^missing GitHub: GITHUB_OIDC \(canary\) \.github\/workflows\/canary\.yml of shop\/storefront on refs\/heads\/main acts as release-bot, .* → Add repository_id/,
  ],
  'jobs of GitHub Actions, and no audience': [
    { env: { GITHUB_OIDC: '{}' } },
    /^wrong Settings: GITHUB_OIDC_AUDIENCE is missing: it goes with GITHUB_OIDC/,
  ],
  'a token for a source that shows none': [
    { env: { WEBHOOK_TOKENS: JSON.stringify({ pagerduty: 'a'.repeat(64) }) } },
    /^wrong Settings: WEBHOOK_TOKENS \(pagerduty\) lets nobody in/,
  ],
};

const machine: Table = {
  'a folder that is a file': [
    {
      folders: async ({ dataDir }) => {
        await rm(dataDir, { recursive: true });
        await writeFile(dataDir, '');
      },
    },
    /^wrong Machine: DATA_DIR \S+ cannot be written \(ENOTDIR\) → .*DATA_DIR/,
  ],
  'a store that is damaged': [
    {
      folders: ({ dataDir }) =>
        writeFile(join(dataDir, 'lastgood.db'), 'no database at all'.repeat(100), { mode: 0o600 }),
    },
    /^wrong Machine: store \S+ is damaged .* To restore:/,
  ],
  'a store that everybody can read': [
    {
      folders: async ({ dataDir }) => {
        const path = join(dataDir, 'lastgood.db');
        await (await openSqliteStore({ path })).close();
        await chmod(path, 0o644);
        await chmod(dataDir, 0o755);
      },
    },
    /^wrong Machine: store \S+ can be read by every user of this machine → .*chmod -R go-rwx \S+store$/,
  ],
  'a registry that is no JSON': [
    { folders: ({ securityDir }) => writeFile(join(securityDir, 'release_channels.json'), '{') },
    /^wrong Machine: release_channels\.json .*line 1: expected JSON/s,
  ],
  'a registry that is not there': [
    { folders: ({ securityDir }) => rm(join(securityDir, 'release_channels.json')) },
    /^missing Machine: release_channels\.json .*\/channels set/,
  ],
  'a registry that is still the example': [
    {
      folders: ({ securityDir }) => copyFile(exampleRegistry, join(securityDir, 'release_channels.json')),
    },
    /^missing Machine: release_channels\.json .*nothing in it is believed/,
  ],
  'a host that is none of ours': [
    { env: { HOST: '192.0.2.1' } },
    /^wrong Machine: PORT .*Choose another with HOST/,
  ],
  'a clock that is behind': [
    {
      answers: {
        slack: [{ path: /api\.test/, body: {}, headers: { date: 'Sun, 22 Nov 2026 03:02:00 GMT' } }],
      },
    },
    /^wrong Machine: clock is 2m behind Slack’s.* → .*NTP/,
  ],
};

/** The canary is rolled back by a step of our own. */
const deployedBy = (uses: string, step: object): PolicyChanges => ({
  'channels.yml': (yaml) => {
    const edited = parseDocument(yaml);
    const timing = { title: 'Deploy', phase: 'execute', target: '1m', deadline: '2m' };
    edited.setIn(['apps', 'shop', 'channels', 'canary', 'rollback', 'steps', 0], {
      uses,
      ...timing,
      with: step,
    });
    return edited.toString();
  },
});
const byCommand = { argv: ['true'], cwd: 'deploy', pass_env: ['DEPLOY_TOKEN'] };

const steps: Table = {
  'a variable that a command needs': [
    { policies: deployedBy('command', { ...byCommand, cwd: '.' }), env: { COMMAND_DIR: '.' } },
    /^missing Settings: DEPLOY_TOKEN not set; a step .* will fail → Set it .* DEPLOY_TOKEN_FILE/,
  ],
  'a variable that a call needs, and whose file is not there': [
    {
      policies: deployedBy('http', {
        method: 'POST',
        url: 'https://deploy.example/{{version|url}}',
        header_env: { Authorization: 'Bearer DEPLOY_TOKEN' },
        safe_to_repeat: false,
      }),
      env: { DEPLOY_TOKEN_FILE: '/nowhere/token' },
    },
    /^missing Settings: DEPLOY_TOKEN not set/,
  ],
  'a folder that a command runs in': [
    {
      policies: deployedBy('command', byCommand),
      env: { COMMAND_DIR: '/nowhere', DEPLOY_TOKEN: 'one that is set' },
    },
    /^wrong Machine: COMMAND_DIR there is no folder deploy in \/nowhere.* → Make it/,
  ],
};

const policies: Table = {
  'a mistake in a file': [
    { policies: { 'roster.yml': (yaml) => yaml.replace('roles: [responder]', 'roles: [respnder]') } },
    /^wrong Policies: \S*roster\.yml:\d+:\d+ people\.ana\.roles.*respnder/,
    /^unknown Settings: API_TOKENS \((\w+)\) stands for \1; what they may do cannot be read/,
  ],
  'files that are still the example’s, once, and looks up nothing that they name': [
    {
      folders: async ({ policiesDir }) => {
        for (const file of ['roster.yml', 'notifications.yml', 'channels.yml', 'severity.yml'])
          await copyFile(join(examplePolicies, file), join(policiesDir, file));
      },
      answers: {
        slack: [{ path: /(?:users|conversations)\.info/, body: { ok: false, error: 'user_not_found' } }],
      },
    },
    /^wrong Policies: roster\.yml, notifications\.yml, channels\.yml still the example’s: .* → Put your own people, .* into \S+policies, and ask again\.$/,
  ],
  'an approver who is alone': [
    {
      policies: {
        'roster.yml': (yaml) => yaml.replace('roles: [responder, approver]', 'roles: [responder]'),
        'approvals.yml': (yaml) =>
          yaml.replace('may_request: [responder, approver, lead]', 'may_request: [responder]'),
      },
    },
    /^wrong Policies: approvals\.yml, rule 1 shop\/stable: 1 of Dana Levi: nobody can stand in/,
    /^wrong Policies: approvals\.yml, rule 2 /,
  ],
  'a rung whose means are off': [
    {
      env: { ...off },
      policies: {
        'escalation.yml': (yaml) =>
          yaml.replace('on_call: manager, by: [pagerduty, slack]', 'on_call: manager, by: [pagerduty]'),
      },
    },
    /^wrong Policies: on call P0 of Checkout and Platform, rung 3 of 4: nobody \(Dana Levi by PagerDuty, oncall group by mail\)/,
    /^missing Settings: (PAGERDUTY_ROUTING_KEY|SMTP_URL, MAIL_FROM) not set/,
    /^missing Policies: P0 and P1 of Checkout and Platform would reach people by Slack alone → The ladder names more/,
    /^missing Policies: P0 and P1 of Checkout and Platform would reach nobody by SMS or phone.*PAGERDUTY_ROUTING_KEY/,
  ],
  'a ladder that rings no phone': [
    { policies: { 'escalation.yml': (yaml) => yaml.replaceAll('pagerduty, ', '') } },
    /^wrong Policies: P0 and P1 of Checkout and Platform would reach nobody by SMS or phone.*escalation\.yml/,
  ],
  'a ladder of one person': [
    {
      policies: {
        'escalation.yml': (yaml) => yaml.replaceAll(/on_call: (secondary|manager)/g, 'person: ana'),
      },
    },
    /^wrong Policies: P0 and P1 of Checkout and Platform would reach Ana Ruiz alone → .*second person/,
  ],
  'no group of mail addresses': [
    {
      policies: {
        'escalation.yml': (yaml) => yaml.replaceAll(/^ *- \{ mail_group: .*\n/gm, ''),
        'notifications.yml': (yaml) => yaml.replace(/^mail_groups:[\s\S]*/m, ''),
      },
    },
    /^missing Policies: mail groups none/,
  ],
};

const slack: Table = {
  'a token that Slack does not take': [
    { env: { SLACK_BOT_TOKEN: 'xoxb-of-somebody-else' } },
    /^wrong Slack: SLACK_BOT_TOKEN .*does not accept the bot's token \(invalid_auth\).*SLACK_BOT_TOKEN/,
  ],
  "a person's token": [
    {
      answers: {
        slack: [
          {
            path: /auth\.test/,
            body: { ok: true, user: 'ana', team: 'Shop', team_id: 'T1', user_id: 'U0ANA' },
          },
        ],
      },
    },
    /^wrong Slack: SLACK_BOT_TOKEN belongs to a person/,
  ],
  'Slack being away': [
    { env: { SLACK_API_URL: 'http://127.0.0.1:2/api/' } },
    /^unknown Machine: clock cannot be compared/,
    /^wrong Slack: SLACK_BOT_TOKEN Slack could not be reached \(ECONNREFUSED\)/,
  ],
  'scopes that were not granted': [
    {
      answers: {
        slack: [
          {
            path: /auth\.test/,
            headers: {
              'x-oauth-scopes':
                'commands,chat:write,channels:history,groups:history,im:write,metadata.message:read',
            },
          },
        ],
      },
    },
    /^wrong Slack: scope users:read is not granted .* → .*install the app again/,
    /^missing Slack: scope im:history is not granted/,
  ],
  'a conversation that is not there': [
    { policies: { 'notifications.yml': (yaml) => yaml.replace('C0RELEASES', 'C0NOWHERE') } },
    /^wrong Slack: #releases The bot is not in #releases \(channel_not_found\).*notifications\.yml/,
  ],
  'a conversation without the bot': [
    {
      answers: {
        slack: [
          {
            path: /conversations\.info/,
            body: { ok: true, channel: { id: 'C1', name: 'x', is_member: false } },
          },
        ],
      },
    },
    /^wrong Slack: #\w+ is there, but the bot is not in it → Type \/invite @lastgood/,
  ],
  'a conversation that is archived': [
    {
      answers: {
        slack: [
          { path: /conversations\.info/, body: { ok: true, channel: { id: 'C1', is_archived: true } } },
        ],
      },
    },
    /^wrong Slack: #\w+ is archived → .*notifications\.yml/,
  ],
  'no right to look at conversations, nor to read them': [
    slackSays(/conversations\./, 'missing_scope'),
    /^unknown Slack: #\w+ cannot be looked at/,
  ],
  'a conversation that cannot be read for lack of the bot': [
    {
      answers: {
        slack: [
          { path: /conversations\.info/, body: { ok: false, error: 'missing_scope' } },
          { path: /conversations\.history/, body: { ok: false, error: 'not_in_channel' } },
        ],
      },
    },
    /^wrong Slack: #\w+ is there, but the bot is not in it/,
  ],
  'a person who is a guest': [
    { policies: { 'roster.yml': (yaml) => yaml.replace('slack: U0BEN', 'slack: U0GUS') } },
    /^wrong Slack: Ben Okafor U0GUS: Guests cannot give commands.* → .*roster\.yml/,
  ],
  'a person who is a bot': [
    { policies: { 'roster.yml': (yaml) => yaml.replace('slack: U0BEN', 'slack: [U0BEN, U0RELBOT]') } },
    /^wrong Slack: Ben Okafor, U0RELBOT U0RELBOT: Bots cannot give commands/,
  ],
  'a person who is not there': [
    { policies: { 'roster.yml': (yaml) => yaml.replace('slack: U0DANA', 'slack: U0NOBODY') } },
    /^wrong Slack: Dana Levi U0NOBODY is nobody in this workspace/,
  ],
  'a person of another team, and answers about somebody else': [
    {
      answers: {
        slack: [
          { path: /users\.info/, body: { ok: true, user: { id: 'U0ANA', team_id: 'T0OTHER', name: 'ana' } } },
        ],
      },
    },
    /^wrong Slack: Ana Ruiz U0ANA: This Slack account belongs to another workspace/,
    /^wrong Slack: (Ben Okafor|Dana Levi) \w+: Slack did not say who this account belongs to/,
  ],
  'an app token that Slack does not take': [
    { env: { SLACK_APP_TOKEN: 'xapp-of-another-app' } },
    /^wrong Slack: SLACK_APP_TOKEN Slack does not accept SLACK_APP_TOKEN \(invalid_auth\): copy it again/,
  ],
};

const others: Table = {
  'a routing key of another form': [
    { env: { PAGERDUTY_ROUTING_KEY: 'PABC123' } },
    /^wrong PagerDuty: PAGERDUTY_ROUTING_KEY is no integration key/,
  ],
  'PagerDuty being away': [
    { env: { PAGERDUTY_EVENTS_URL: 'http://127.0.0.1:2' } },
    /^wrong PagerDuty: PAGERDUTY_EVENTS_URL 127\.0\.0\.1:2 gives no answer \(ECONNREFUSED\) → .*events\.eu/,
  ],
  'a service in PagerDuty, and no token to name people there': [
    byName({ PAGERDUTY_API_TOKEN: undefined, PAGERDUTY_FROM: undefined }),
    /^wrong PagerDuty: whom PagerDuty calls is for its own escalation policy to say, though.*PAGERDUTY_API_TOKEN/,
  ],
  'a token for PagerDuty, and no service there': [
    {
      get env() {
        return ward.neighbours.pagerdutyAccess;
      },
    },
    /^missing PagerDuty: whom PagerDuty calls is for its own escalation policy to say: no service.*services\.yml/,
  ],
  'a token that PagerDuty does not know': [
    byName({ PAGERDUTY_API_TOKEN: 'u+of-somebody-else' }),
    /^wrong PagerDuty: PAGERDUTY_API_TOKEN PagerDuty does not know this token → .*API Access Keys/,
  ],
  'an API of PagerDuty that is away': [
    byName({ PAGERDUTY_API_URL: 'http://127.0.0.1:2' }),
    /^wrong PagerDuty: PAGERDUTY_API_TOKEN 127\.0\.0\.1:2 gives no answer → .*api\.eu/,
  ],
  'an address that is nobody’s at PagerDuty': [
    byName({ PAGERDUTY_FROM: 'zoe@shop.example' }),
    /^wrong PagerDuty: PAGERDUTY_FROM zoe@shop\.example is nobody in this PagerDuty account/,
  ],
  'an address at PagerDuty that is somebody’s of the roster': [
    byName({ PAGERDUTY_FROM: 'ben@shop.example' }),
    /^wrong PagerDuty: PAGERDUTY_FROM ben@shop\.example is Ben Okafor, whom PagerDuty does not ring for what is done in their own name/,
  ],
  'a service and a person that PagerDuty does not know': [
    byName({}, 'PELSEWHERE', (yaml) => yaml.replace('pagerduty: PANA', 'pagerduty: PNOBODY')),
    /^wrong PagerDuty: (Checkout|Platform) in PagerDuty PELSEWHERE is no service there → .*services\.yml/,
    /^wrong PagerDuty: Ana Ruiz PNOBODY is nobody there → .*roster\.yml/,
  ],
  'a mail server that is away': [
    { env: { SMTP_URL: 'smtp://127.0.0.1:2' } },
    /^wrong Mail: SMTP_URL 127\.0\.0\.1:2 does not let us in: .*ECONNREFUSED/,
  ],
  'a token that GitHub does not know': [
    { env: { GITHUB_TOKEN: 'ghp_of_somebody_else' } },
    /^wrong GitHub: GITHUB_TOKEN GitHub does not know this token/,
    /^wrong GitHub: shop\/storefront \w+\.yml our credentials are not accepted → .*GITHUB_TOKEN/,
  ],
  'no way to GitHub': [
    { env: { GITHUB_TOKEN: undefined } },
    /^missing Settings: GITHUB_TOKEN, or GITHUB_APP_ID not set/,
    /^missing GitHub: github-workflow a step in channels\.yml uses it/,
  ],
  'a repository that cannot be seen': [
    { policies: { 'channels.yml': (yaml) => yaml.replaceAll('shop/storefront', 'shop/elsewhere') } },
    /^wrong GitHub: shop\/elsewhere \w+\.yml cannot be seen with our credentials → .*Actions: read and write/,
  ],
  'a workflow that is not there': [
    { policies: { 'channels.yml': (yaml) => yaml.replaceAll('rollback.yml', 'undo.yml') } },
    /^wrong GitHub: shop\/storefront undo\.yml there is no \.github\/workflows\/undo\.yml on main/,
  ],
  'a workflow that is switched off': [
    {
      answers: {
        github: [{ path: /actions\/workflows\/rollback\.yml$/, body: { state: 'disabled_manually' } }],
      },
    },
    /^wrong GitHub: shop\/storefront rollback\.yml is disabled manually → .*Enable/,
  ],
  'a workflow that does not fit': [
    workflow('on: { workflow_dispatch: { inputs: { version: {} } } }'),
    /^wrong GitHub: shop\/storefront rollback\.yml .*does not declare the input reason.*run-name/,
  ],
  'a workflow that nobody can read': [
    {
      answers: { github: [{ path: /contents/, status: 403, body: { message: 'Resource not accessible' } }] },
    },
    /^unknown GitHub: shop\/storefront \w+\.yml is active; our credentials may not read/,
  ],
  'a token that may only look': [
    {
      answers: {
        github: [
          {
            path: /^\/repos\/shop\/storefront$/,
            body: { private: true, default_branch: 'main', permissions: { push: false } },
          },
        ],
      },
    },
    /^wrong GitHub: shop\/storefront \w+\.yml can be seen, but our credentials may not start it/,
  ],
  'a classic token without its scope': [
    {
      answers: {
        github: [{ path: /^\/repos\/shop\/storefront$/, headers: { 'x-oauth-scopes': 'gist, user' } }],
      },
    },
    /^wrong GitHub: shop\/storefront \w+\.yml can be seen, but our credentials may not start it/,
  ],
  'a token that Sentry does not know': [
    { env: { SENTRY_AUTH_TOKEN: 'sntrys_of_somebody_else' } },
    /^wrong Sentry: SENTRY_AUTH_TOKEN Sentry does not know this token/,
  ],
  'an organization that is not there': [
    { env: { SENTRY_ORG: 'nobody' } },
    /^wrong Sentry: SENTRY_ORG there is no organization nobody/,
  ],
  'a project that is not there': [
    {
      policies: {
        'channels.yml': (yaml) =>
          yaml.replaceAll('release_prefix: shop@', 'project: nothing\n                release_prefix: shop@'),
      },
    },
    /^wrong Sentry: project nothing is not there/,
  ],
  'a token that may only read Sentry': [
    {
      answers: {
        sentry: [{ path: /^\/api\/0\/$/, body: { auth: { scopes: ['org:read', 'project:read'] } } }],
      },
    },
    /^wrong Sentry: SENTRY_AUTH_TOKEN may not write releases/,
  ],
  'Sentry being away': [
    { env: { SENTRY_URL: 'http://127.0.0.1:2' } },
    /^wrong Sentry: SENTRY_URL 127\.0\.0\.1:2 gives no answer \(ECONNREFUSED\)/,
  ],
  'a shop that is not well': [
    { answers: { shop: [{ path: /api\/healthz/, body: 'liveness=ok\nreadiness=failing\n' }] } },
    /^wrong Health checks: \S+\/api\/healthz said readiness=failing/,
  ],
};

test.each(Object.entries({ ...settings, ...machine, ...steps, ...policies, ...slack, ...others }))(
  'tells of %s',
  async (_, [trouble, ...expected]) => {
    const told = troubles(await ward.call(trouble)).map(
      ({ status, area, name, what, advice }) =>
        `${status} ${area}: ${name} ${what}${advice === undefined ? '' : ` → ${advice}`}`,
    );
    for (const words of expected) expect(told).toContainEqual(expect.stringMatching(words));
    expect(told.filter((line) => !expected.some((words) => words.test(line)))).toEqual([]);
  },
);

test('tells of a secret that everybody on the machine can read', async () => {
  let file = '';
  const secretFile = async (mode: number) => {
    const { neighbours } = ward;
    return ward.call({
      env: {
        GITHUB_TOKEN: undefined,
        get GITHUB_TOKEN_FILE() {
          return file;
        },
      },
      folders: async ({ dataDir }) => {
        await mkdir(join(dataDir, 'secrets'));
        file = join(dataDir, 'secrets', 'github');
        await writeFile(file, neighbours.environment['GITHUB_TOKEN'] ?? '');
        await chmod(file, mode);
      },
    });
  };
  expect(troubles(await secretFile(0o600))).toEqual([]);
  const [told] = troubles(await secretFile(0o644));
  expect(told).toMatchObject({
    status: 'wrong',
    name: 'GITHUB_TOKEN',
    advice: `Let only the user of the bot read it: chmod o-rwx ${file}`,
  });
});

test('tells of a store that another process has, when no bot answers', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'lastgood-store-'));
  const store = await openSqliteStore({ path: join(dataDir, 'lastgood.db') });
  const findings = await ward.call({ env: { DATA_DIR: dataDir, PORT: '2' } });
  await store.close();
  await rm(dataDir, { recursive: true });
  expect(troubles(findings)).toEqual([
    expect.objectContaining({
      name: 'store',
      status: 'unknown',
      advice: expect.stringContaining('LASTGOOD_URL'),
    }),
  ]);
});
