import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verbName } from '../../commands/by-name.ts';
import { verbs } from '../../commands/index.ts';
import { people } from '../../src/sandbox/cast.ts';
import type { SlackPerson } from '../../src/sandbox/neighbours/slack.ts';
import { buttons } from '../../src/slack/buttons.ts';
import { buttonsOf, type ShownButton } from '../support/shown-buttons.ts';
import { busyNight, lines, pictureOf, refusalsOf, type Needs } from './support/scene.ts';
import type { StillWorld } from './support/still-world.ts';

const account = (name: string, flags: Partial<SlackPerson> = {}): SlackPerson => ({
  id: `U0${name.toUpperCase()}`,
  name,
  realName: `${name[0]?.toUpperCase()}${name.slice(1)} Test`,
  email: `${name}@shop.example`,
  ...flags,
});

/** Accounts that must not be listened to, although the roster gives each of them every role. */
const outsiders = {
  'a deactivated account': { who: account('dora', { deleted: true }), why: 'is deactivated' },
  'a bot': { who: account('bert', { is_bot: true }), why: 'Bots cannot give commands' },
  'a multi-channel guest': { who: account('mia', { is_restricted: true }), why: 'Guests cannot' },
  'a single-channel guest': {
    who: account('sol', { is_restricted: true, is_ultra_restricted: true }),
    why: 'Guests cannot',
  },
  'a stranger of Slack Connect': {
    who: account('cora', { is_stranger: true, teamId: 'T0CUSTOMER' }),
    why: 'belongs to another workspace',
  },
  'somebody of another workspace': {
    who: account('otto', { teamId: 'T0OTHER' }),
    why: 'belongs to another workspace',
  },
  'somebody whom Slack cannot look up right now': { who: account('lou'), why: 'could not check who you are' },
} as const;

/** Colleagues, and which of them lack what. */
const colleagues: Readonly<
  Record<string, { readonly who: SlackPerson; readonly lacks: readonly Needs[]; readonly why: RegExp }>
> = {
  'a colleague who is not in the roster': {
    who: account('eve'),
    lacks: ['a role', 'approver', 'lead'],
    why: /is not in the roster\. Ask a lead to add you to roster\.yml, or ask somebody on call/,
  },
  // Being on call gives nobody a right.
  'a colleague who is on call and has no role': {
    who: account('rae'),
    lacks: ['a role', 'approver', 'lead'],
    why: /This takes the role [\w ]+; Rae Test has none\. Roles are in roster\.yml/,
  },
  'a responder who is not on call': {
    who: account('kim'),
    lacks: ['approver', 'lead'],
    why: /role (?:approver or )?lead; Kim Test has responder\. Roles are in roster/,
  },
  'a responder who would have to be an approver or a lead': {
    who: people.ana,
    lacks: ['approver', 'lead'],
    why: /role (?:approver or )?lead; Ana Ruiz has responder\. Roles are in roster/,
  },
};

/** What a button asks for. One that is new has to say so here. */
const buttonNeeds: Readonly<Record<keyof typeof buttons, Needs>> = {
  'incident.acknowledge': 'a role',
  'incident.resolve': 'a role',
  'incident.raise': 'a role',
  'incident.rollback': 'a role',
  'channel.rollback': 'a role',
  'drift.record': 'a role',
  'drift.keep': 'a role',
  'operation.approve': 'approver',
  'operation.reject': 'approver',
  'operation.abort': 'approver',
  'operation.settle': 'approver',
  'freeze.lift': 'approver',
};

let world: StillWorld;
let shown: readonly ShownButton[];
let typed: Awaited<ReturnType<typeof lines>>;
beforeAll(async () => {
  const everyRole = Object.values(outsiders).map(({ who }) => ({
    ...who,
    roles: 'responder, approver, lead',
  }));
  const some = [
    { ...account('rae'), roles: '' },
    { ...account('kim'), roles: 'responder' },
  ];
  const entries = [...everyRole, ...some].map(
    ({ id, name, realName, roles }) =>
      `  ${name}:\n    name: ${realName}\n    slack: ${id}\n    roles: [${roles}]\n`,
  );
  world = await busyNight({
    policies: {
      'roster.yml': (roster) =>
        roster
          .replace('people:\n', `people:\n${entries.join('')}`)
          .replace(/manager: \{ people: \[dana\] \}\n$/, 'manager: { people: [dana, rae] }\n'),
    },
    others: [...Object.values(outsiders), ...Object.values(colleagues)]
      .map(({ who }) => who)
      .filter(({ id }) => id !== people.ana.id),
  });
  shown = buttonsOf(world.slack);
  typed = await lines(world);
}, 60_000);
afterAll(() => world.close());

test('Who is on call has no right by that, and who is not has lost none', async () => {
  await type(people.ana, '/oncall platform');
  const said = JSON.stringify(world.slack.ephemerals(people.ana.id).at(-1)?.blocks);
  expect(said).toContain('Rae Test');
  expect(said).not.toContain('Kim Test');
});

test('The table is complete: a line for every verb, and every button on some card', () => {
  expect(Object.keys(typed).toSorted()).toEqual(verbs.map(verbName).toSorted());
  expect([...new Set(shown.map(({ click }) => click.actionId))].toSorted()).toEqual(
    Object.keys(buttons).toSorted(),
  );
});

/** @returns what this one person is told, which has to be exactly one answer */
async function asked(who: SlackPerson, ask: () => Promise<unknown>): Promise<string> {
  const before = world.slack.ephemerals(who.id).length;
  await ask();
  await world.settle();
  const answers = world.slack.ephemerals(who.id).slice(before);
  expect(answers).toHaveLength(1);
  return answers[0]?.text ?? '';
}

const type = (who: SlackPerson, line: string) => asked(who, () => world.type(who.id, line));
const press = (who: SlackPerson, { click }: ShownButton) =>
  asked(who, () => world.slack.as(who.id).clickStale(click));

describe.each(Object.entries(outsiders))('%s', (kind, { who, why }) => {
  test('is refused, whatever they type or press, and told why; nothing happens, and nothing is on record', async () => {
    const before = [await pictureOf(world), await refusalsOf(world)];
    if (kind.includes('look up')) world.slack.fail({ path: 'users.info' });

    const answers = [];
    for (const { line } of Object.values(typed)) answers.push(await type(who, line));
    for (const button of shown) answers.push(await press(who, button));
    world.slack.heal();

    const advice = kind.includes('look up')
      ? 'Try again in a moment.'
      : 'Ask a full member of this workspace';
    expect(answers).toHaveLength(verbs.length + shown.length);
    for (const answer of answers) {
      expect(answer).toMatch(/^⛔/);
      expect(answer).toContain(why);
      expect(answer).toContain(advice);
    }
    expect([await pictureOf(world), await refusalsOf(world)]).toEqual(before);
  });
});

describe.each(Object.entries(colleagues))('%s', (_, { who, lacks, why }) => {
  test('is refused what they may not, and told why; nothing changes, and the attempt is on record', async () => {
    const before = await pictureOf(world);
    const refusals = await refusalsOf(world);

    const attempts = [
      ...Object.entries(typed).map(([name, { line, needs }]) => ({
        name,
        needs,
        ask: () => type(who, line),
      })),
      ...shown.map((button) => ({
        name: `${button.card} ${button.label}`,
        needs: buttonNeeds[button.click.actionId as keyof typeof buttons],
        ask: () => press(who, button),
      })),
    ].filter(({ needs }) => lacks.includes(needs));
    const answers = [];
    for (const { name, ask } of attempts) answers.push({ name, answer: await ask() });

    const refused = expect.stringMatching(new RegExp(`^⛔.*(?:${why.source})`, 's'));
    for (const { name, answer } of answers) expect([name, answer]).toEqual([name, refused]);
    expect(await pictureOf(world)).toEqual(before);
    // These have no stream yet that could tell of it.
    const streamless = ['incident-declare', 'lastgood-doctor', 'lastgood-received'];
    const untold = attempts.filter(({ name }) => streamless.includes(name));
    expect(await refusalsOf(world)).toBeGreaterThanOrEqual(refusals + attempts.length - untold.length);
  });

  // The rule: whoever belongs to the workspace may look. What they see stands in conversations that are open to them.
  test('may look at everything', async () => {
    const before = [await pictureOf(world), await refusalsOf(world)];
    const looks = Object.values(typed).filter(({ needs }) => needs === 'nothing');
    for (const { line } of looks)
      expect([line, await type(who, line)]).toEqual([line, expect.stringMatching(/^ℹ️/u)]);
    expect([await pictureOf(world), await refusalsOf(world)]).toEqual(before);
  });
});

test('For the right person each of these lines works', async () => {
  const { ana, ben, dana } = people;
  const steps: readonly (readonly [SlackPerson, string])[] = [
    [dana, 'operation-settle'],
    [ben, 'operation-abort'],
    [ben, '/rollback beta 2.0.0 it is slow'],
    [dana, 'operation-reject'],
    [ben, '/rollback beta 2.0.0 it is slow'],
    [dana, 'operation-approve'],
    [ana, 'incident-sev'],
    // Not on call, and it works all the same.
    [account('kim'), 'incident-ack'],
    [ana, 'incident-declare'],
    [dana, 'promote'],
    [ana, 'rollback'],
    [ana, 'channels-set'],
    [ana, 'lastgood-doctor'],
    [ana, 'lastgood-received'],
    [dana, 'lastgood-unfreeze'],
    // Against the first confirmation.
    [ana, 'lastgood-freeze'],
  ];
  const done = new Set<string>();
  for (const [who, what] of steps) {
    const { id, hash } = await newestOnBeta();
    const line = (typed[what]?.line ?? what)
      .replace(/ OP-2\b/, ` ${id}`)
      .replace(/ [0-9a-f]{16}$/, ` ${hash}`);
    expect([line, await type(who, line)]).toEqual([line, expect.not.stringMatching(/^⛔/)]);
    done.add(what);
  }
  // What stands in the way of its end has to go first.
  const [rollback] = (await world.bot().store.listStreams('operation', { openOnly: true })).map(
    ({ id }) => id,
  );
  await type(ana, `/operation abort ${rollback}`);
  expect(await type(ana, typed['incident-resolve']?.line ?? '')).toMatch(/^✅/);
  done.add('incident-resolve');

  const needy = Object.entries(typed).filter(([, { needs }]) => needs !== 'nothing');
  expect(needy.filter(([name]) => !done.has(name))).toEqual([]);
});

async function newestOnBeta(): Promise<{ readonly id: string; readonly hash: string }> {
  const all = await world.bot().store.listStreams('operation');
  const ids = all.map(({ id }) => id);
  const operations = await Promise.all(ids.map((id) => world.operation(id)));
  const newest = operations.find(({ plan }) => plan.channel === 'beta');
  if (!newest) throw new Error('nobody has asked for anything on beta');
  return newest;
}
