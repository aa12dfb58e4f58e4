import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { examineSettings } from '../../src/config.ts';
import { examine, type Check } from '../../src/doctor/examine.ts';
import { ok, wrong } from '../../src/doctor/finding.ts';
import { checks } from '../../src/doctor/index.ts';
import { patientOf } from '../../src/doctor/patient.ts';
import { summaryOf } from '../../src/doctor/summary.ts';
import { judgeNode } from '../../src/doctor/checks/node-version.ts';
import { judgeRoom } from '../../src/doctor/checks/folders.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { startFront } from './front.ts';

/** What stands in the folders of whoever runs this is none of its business. */
const folders = {
  POLICIES_DIR: examplePolicies,
  SECURITY_DIR: join(tmpdir(), 'lastgood-nobody'),
  DATA_DIR: join(tmpdir(), 'lastgood-nobody'),
};
const nobody = patientOf(examineSettings(folders), { now: () => 0 });
const check = (name: string, look: Check['look']): Check => ({ area: 'Machine', name, look });

test('a check that throws is a finding, and so is one that does not come back', async () => {
  const aborted: string[] = [];
  const findings = await examine(
    await nobody,
    [
      check('one that throws', () => {
        throw new Error('it burns\nhere');
      }),
      check('one that hangs', async (_, signal) => {
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
        return [];
      }),
      check('one that ignores the signal', (_, signal) => {
        signal.addEventListener('abort', () => aborted.push('told'));
        return new Promise(() => undefined);
      }),
      check('one that is fine', () => [ok('this', 'is fine')]),
    ],
    20,
  );
  expect(findings).toEqual([
    {
      area: 'Machine',
      name: 'one that throws',
      status: 'wrong',
      what: 'This could not be looked at: it burns here',
    },
    expect.objectContaining({
      name: 'one that hangs',
      status: 'wrong',
      what: 'There was no answer within 0s.',
    }),
    expect.objectContaining({ name: 'one that ignores the signal', status: 'wrong' }),
    { area: 'Machine', name: 'this', status: 'ok', what: 'is fine' },
  ]);
  expect(aborted).toEqual(['told']);
});

test('with an environment that says but where its folders are, it says what is missing, and still looks at the rest', async () => {
  const patient = await patientOf(examineSettings(folders), { now: () => 0 });
  const findings = await examine(
    { ...patient, settings: { ...patient.settings, port: 0 } },
    checks.filter(({ area }) => area !== 'Health checks'),
  );
  const named = (status: string): readonly string[] =>
    findings.filter((finding) => finding.status === status).map(({ area, name }) => `${area}: ${name}`);
  expect(named('wrong')).toEqual(['Settings: SLACK_BOT_TOKEN', 'Settings: SLACK_APP_TOKEN']);
  expect(named('missing')).toEqual(
    expect.arrayContaining([
      'Settings: PAGERDUTY_ROUTING_KEY',
      'GitHub: github-workflow',
      'Sentry: sentry-release',
    ]),
  );
  expect(named('ok')).toEqual(
    expect.arrayContaining(['Machine: Node.js', 'Policies: files', 'Policies: on call']),
  );
});

test('tells no secret, whatever the neighbours say', async () => {
  const password = 'the/password+of the=mail';
  const secrets = {
    SLACK_BOT_TOKEN: 'xoxb-canary-of-the-bot',
    SLACK_APP_TOKEN: 'xapp-canary-of-the-app',
    SLACK_SIGNING_SECRET: 'canary-of-the-signature',
    PAGERDUTY_ROUTING_KEY: 'canary0of0the0pager0000000000001',
    PAGERDUTY_API_TOKEN: 'u+canary-of-the-pager',
    GITHUB_TOKEN: 'ghp_canary_of_github',
    SENTRY_AUTH_TOKEN: 'sntrys_canary_of_sentry',
  };
  const echo = Object.values(secrets).join(' ');
  const said = {
    ok: false,
    error: echo,
    message: echo,
    detail: echo,
    state: echo,
    user: { id: echo },
    team: echo,
  };
  const neighbour = await startFront('http://127.0.0.1:2');
  const smtp = await startSmtpThatQuotes();
  const everything: string[] = [];
  for (const status of [200, 400, 401, 403, 422, 500]) {
    neighbour.misanswers = [
      { path: /^\/users\?/, status, body: { error: { message: echo } } },
      { path: /./, status, body: said },
    ];
    const settings = examineSettings({
      ...folders,
      ...secrets,
      SLACK_API_URL: `${neighbour.url}/api/`,
      PAGERDUTY_EVENTS_URL: neighbour.url,
      PAGERDUTY_API_URL: neighbour.url,
      PAGERDUTY_FROM: 'lastgood@shop.example',
      GITHUB_API_URL: neighbour.url,
      SENTRY_ORG: 'shop',
      SENTRY_URL: neighbour.url,
      SMTP_URL: `smtp://lastgood:${encodeURIComponent(password)}@127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
      MAIL_FROM: 'lastgood@shop.example',
      PORT: '0',
    });
    const patient = await patientOf(settings, { now: () => 0 });
    const findings = await examine(
      patient,
      checks.filter(({ area }) => area !== 'Health checks'),
    );
    const told = JSON.stringify([findings, summaryOf(findings)]);
    for (const value of [...Object.values(secrets), password, encodeURIComponent(password)])
      expect(told).not.toContain(value);
    everything.push(told);
  }
  // It would prove nothing if what they said had not come through.
  expect(everything.join('')).toContain('[secret]');
  neighbour.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

test.each([
  ['20.18.3', 'wrong'],
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
])('Node.js %s is %s', (version, status) => {
  expect(judgeNode(version).status).toBe(status);
});

test.each([
  [499_999_999, 'wrong', '499 MB are free'],
  [500_000_000, 'ok', '500 MB are free'],
])('%i bytes of room are %s', (free, status, words) => {
  expect(judgeRoom('./data', free)).toMatchObject({ status, what: expect.stringContaining(words) });
});

test('in Slack, the worst comes first, the same words are said once, and long lists are cut', async () => {
  const many = check('many', () =>
    Array.from({ length: 30 }, (_, index) => wrong(`thing ${index}`, `is odd ${index}`)),
  );
  const same = check('same', () => ['#a', '#b'].map((name) => wrong(name, 'is archived', 'Name another.')));
  const { title, lines } = summaryOf(
    await examine(await nobody, [check('fine', () => [ok('x', 'is')]), same, many]),
  );
  expect(title).toBe('The doctor finds ✗ 31 wrong, ✓ 1 ok');
  expect(lines.slice(0, 2)).toEqual(['✗ Machine: #a, #b is archived', '   → Name another.']);
  expect(lines).toHaveLength(14);
  expect(lines.at(-1)).toBe('… and 19 more. In a terminal: lastgood doctor');
});

/** A mail server that lets nobody in, and says with what they tried. */
async function startSmtpThatQuotes(): Promise<SMTPServer> {
  const server = new SMTPServer({
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    closeTimeout: 1,
    onAuth: ({ username, password }, _session, done) => {
      const plain = Buffer.from(`\0${username}\0${password}`).toString('base64');
      done(new Error(`535 nobody gets in with ${password} (AUTH PLAIN ${plain})`));
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}
