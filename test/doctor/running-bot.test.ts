import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { examine } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { checks } from '../../src/doctor/index.ts';
import { patientOf } from '../../src/doctor/patient.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

let world: StillWorld;
beforeEach(async () => {
  world = await stillWorld();
});
afterEach(() => world.close());

const ready = async () => {
  const response = await fetch(`${world.bot().url}/readyz`);
  return { status: response.status, text: await response.text() };
};

/** What a doctor in a terminal finds about the bot itself. */
async function inTerminal(): Promise<readonly Finding[]> {
  const examined = { usable: world.settings, problems: [], given: [], environment: {} };
  const patient = await patientOf(examined, { now: world.clock.now, botUrl: world.bot().url });
  return (await examine(patient, checks)).filter(({ name, status }) => name === 'bot' || status === 'wrong');
}

async function overTheApi(): Promise<string> {
  const response = await fetch(`${world.bot().url}/api/v1/commands/lastgood-doctor`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiTokens.ana}` },
  });
  return response.text();
}

const nothingYet = /^Nothing has come in from Slack since the start, 0s ago\. .* \/slack\/events here\.$/;

describe('Whether Slack reaches it', () => {
  test('is told as unknown by /readyz and the doctor while nothing has come in', async () => {
    const [first, note, ...others] = (await ready()).text.split('\n');
    expect([first, note, ...others]).toEqual(['ready', expect.stringMatching(nothingYet), '']);
    expect(await inTerminal()).toEqual([{ area: 'Machine', name: 'bot', status: 'unknown', what: note }]);
  });

  test('is told as well once a request was accepted, with its time', async () => {
    await world.type(people.ana.id, '/lastgood help');
    const what = 'Slack’s last request came in at 03:00 UTC';
    expect(await ready()).toEqual({ status: 200, text: `ready\nok: ${what}\n` });
    expect(await inTerminal()).toEqual([{ area: 'Machine', name: 'bot', status: 'ok', what }]);
  });
});

describe('Requests that are signed with another secret', () => {
  const knock = (signingSecret: string) => {
    const url = `${world.bot().url}/slack/events`;
    const { headers } = signSlackRequest({ url, signingSecret, body: '{}', at: new Date(world.clock.now()) });
    return fetch(url, { method: 'POST', headers, body: '{}' });
  };
  const told =
    '2 requests to /slack/events were refused in the last hour, and none was accepted; the last at 03:00 UTC: its signature does not match SLACK_SIGNING_SECRET';

  test('are told by /readyz, which stays ready: anybody can send them', async () => {
    expect((await knock('a wrong secret')).status).toBe(401);
    await knock('a wrong secret');
    expect(await ready()).toEqual({ status: 200, text: expect.stringMatching(`^ready\n${told}.*\n$`) });
  });

  test('are told by the doctor in a terminal and over the API, and make nothing wrong', async () => {
    await knock('a wrong secret');
    await knock('a wrong secret');
    expect(await inTerminal()).toEqual([
      { area: 'Machine', name: 'bot', status: 'unknown', what: expect.stringContaining(told) },
    ]);
    expect(await overTheApi()).toContain(told);
  });

  test('are told by the doctor in Slack, whose own requests are accepted', async () => {
    await knock('a wrong secret');
    await world.type(people.ana.id, '/lastgood doctor');
    expect(world.told(people.ana.id)).toContain(
      '1 request to /slack/events was refused in the last hour (1 accepted)',
    );
  });

  test('without a signature of Slack’s form are nobody’s concern', async () => {
    await fetch(`${world.bot().url}/slack/events`, { method: 'POST', body: '{}' });
    expect((await ready()).text).toMatch(/^ready\nNothing has come in .*\n$/);
  });
});

describe('A mistake in an edited policy', () => {
  const emergency = () =>
    world.slack.messages(conversations.emergency.id).map(({ blocks }) => JSON.stringify(blocks));
  const roster = () => join(world.settings.policiesDir, 'roster.yml');

  test('is told to the emergency conversation, by /readyz and the doctor, until it is right again', async () => {
    const right = await readFile(roster(), 'utf8');
    await writeFile(roster(), right.replace('roles: [responder]', 'roles: [respnder]'));
    await vi.waitFor(() => expect(emergency()).toHaveLength(1), 5_000);
    expect(emergency()[0]).toContain('The edited policies are not in force');
    expect(emergency()[0]).toMatch(/roster\.yml:\d+:\d+ {2}people\.ana\.roles\[0\] {2}expected .*respnder/);
    expect(emergency()[0]).toContain('Correct it and save');
    expect(world.policies().roster.people['ana']?.roles).toEqual(['responder']);

    const note = 'The edited policies have a mistake, and those of before stay in force';
    expect(await ready()).toEqual({
      status: 200,
      text: expect.stringMatching(`^ready\nNothing has .*\n${note}\n$`),
    });
    expect(await inTerminal()).toEqual([
      expect.objectContaining({ name: 'bot', what: expect.stringMatching(nothingYet) }),
      { area: 'Machine', name: 'bot', status: 'unknown', what: note },
      expect.objectContaining({ area: 'Policies', name: expect.stringContaining('roster.yml:') }),
    ]);
    await world.type(people.ana.id, '/lastgood doctor');
    expect(world.told(people.ana.id)).toContain(note);
    expect(world.told(people.ana.id)).toMatch(/✗ Policies: \S+roster\.yml:\d+:\d+ people\.ana\.roles/);

    await writeFile(roster(), right);
    await vi.waitFor(() => expect(emergency()).toHaveLength(2), 5_000);
    expect(emergency()[1]).toContain('The policies are right again, and in force.');
    await vi.waitFor(async () => expect((await ready()).text).toMatch(/^ready\nok: .*\n$/), 5_000);
  });

  test('that was corrected while the bot was down is told to be right at the start', async () => {
    const right = await readFile(roster(), 'utf8');
    await appendFile(roster(), 'nonsense: true\n');
    await vi.waitFor(() => expect(emergency()).toHaveLength(1), 5_000);
    await world.stopBot();
    await writeFile(roster(), right);
    await vi.waitFor(() => expect(world.log()).toContain('the policies were read again'), 5_000);
    await world.startBot();
    await vi.waitFor(() => expect(emergency()).toHaveLength(2), 5_000);
    expect(emergency()[1]).toContain('right again');
  });
});
