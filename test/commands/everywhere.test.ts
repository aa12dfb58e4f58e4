import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbName } from '../../commands/by-name.ts';
import { verbs } from '../../commands/index.ts';
import { sayName } from '../../commands/usage.ts';
import { people } from '../../src/sandbox/cast.ts';
import { asTyped } from '../../src/terminal/in-terminal.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { asksTheBot, columns, type Somebody, type Told } from './columns.ts';

type Situation = 'works' | 'wrong' | 'refused';

/** One line that somebody types, and what kind of answer that verb gives to it. */
interface Row {
  readonly verb: string;
  readonly situation: Situation;
  readonly who: Somebody;
  /** `{hash}` stands for the plan that is open. */
  readonly line: string;
  readonly expected: RegExp;
  /** What happens before. */
  readonly before?: (world: StillWorld) => Promise<void> | void;
}

const minute = 60_000;

/** A story in which every verb works, is mistyped, and is refused where it can be. Each row finds what those above it left. */
const rows: readonly Row[] = [
  // Nothing is going on.
  row('oncall', 'works', 'ana', '/oncall', /^On call now$/),
  row('oncall', 'wrong', 'ana', '/oncall chekout', /no service/),
  row('channels', 'works', 'ana', '/channels', /^Release channels$/),
  row('channels', 'wrong', 'ana', '/channels sat stable 1.4.2 x', /has no “sat”/),
  row('lastgood-help', 'works', 'ana', '/lastgood help', /^Lastgood takes you from an alert/),
  row('lastgood-help', 'works', 'ana', '/lastgood', /^Lastgood takes you from an alert/),
  row('lastgood-help', 'wrong', 'ana', '/lastgood halp', /has no “halp”/),
  {
    // Over HTTPS the doctor says whether Slack has ever come in.
    ...row('lastgood-doctor', 'works', 'ana', '/lastgood doctor', /\d ok/),
    before: (world) => world.type(people.ana.id, '/lastgood help'),
  },
  row('lastgood-doctor', 'wrong', 'ana', '/lastgood docter', /has no “docter”/),
  {
    ...row('lastgood-received', 'works', 'ana', '/lastgood received generic/7', /^generic\/7, received 20/),
    before: async ({ bot }) => {
      const body = JSON.stringify({ headers: {}, raw: '{"key": <!here> "7"\n}' });
      const kept = { id: 'generic/7', source: 'generic', at: Date.parse('2026-11-22T03:00:00Z'), body };
      await bot().store.transact((all) => all.receiveSettled(kept, 'The body is not JSON in UTF-8.'));
    },
  },
  row(
    'lastgood-received',
    'refused',
    'ana',
    '/lastgood received generic/8',
    /^Nothing is kept as generic\/8$/,
  ),
  row('lastgood-received', 'wrong', 'ana', '/lastgood received', /^The id is missing$/),
  row('lastgood-unfreeze', 'refused', 'ben', '/lastgood unfreeze over', /^Cannot unfreeze production$/),
  row('lastgood-freeze', 'wrong', 'ana', '/lastgood freeze', /^The reason is missing$/),
  row('lastgood-freeze', 'works', 'ana', '/lastgood freeze <b>astray</b>', /^production: Frozen by Ana Ruiz/),
  row('lastgood-freeze', 'refused', 'ben', '/lastgood freeze me, too', /^Cannot freeze production$/),
  row('lastgood-unfreeze', 'wrong', 'ben', '/lastgood unfreeze', /^The reason is missing$/),
  row('lastgood-unfreeze', 'works', 'ben', '/lastgood unfreeze it is over', /^production: Ben Okafor/),
  row('lastgood-unfreeze', 'works', 'dana', '/lastgood unfreeze I agree', /^production: Dana Levi/),
  row('incident-list', 'works', 'ana', '/incident list', /^No incident is open$/),
  row('incident-list', 'works', 'ana', '/incident', /^No incident is open$/),
  row('incident-list', 'wrong', 'ana', '/incident list please', /“please” is more/),
  row('incident-ack', 'refused', 'ana', '/incident ack', /^No incident is open$/),
  row('incident-resolve', 'refused', 'ana', '/incident resolve', /^No incident is open$/),

  // A promotion is asked for, looked at, and rejected.
  {
    ...row('promote', 'works', 'ana', '/promote canary stable two days without <an> error', /^OP-1: /),
    before: (world) => world.pass(20 * minute),
  },
  row('promote', 'refused', 'ben', '/promote canary stable me, too', /^Cannot promote/),
  row('promote', 'wrong', 'ana', '/promote canary stable 1.5 fine', /“1.5” is no version/),
  row('operation-list', 'works', 'ben', '/operation list', /^1 operation is open$/),
  row('operation-list', 'works', 'ben', '/operation', /^1 operation is open$/),
  row('operation-list', 'wrong', 'ben', '/operation lits', /has no “lits”/),
  row('operation-show', 'works', 'ben', '/operation show', /^OP-1: promotion from canary to shop\/stable/),
  row('operation-show', 'refused', 'ben', '/operation show OP-77', /^There is no OP-77$/),
  row('operation-show', 'wrong', 'ben', '/operation show OP7', /“OP7” is no operation/),
  row('operation-approve', 'wrong', 'ben', '/operation approve OP-1', /^The plan-hash is missing$/),
  row('operation-approve', 'refused', 'ana', '/operation approve OP-1 {hash}', /^Cannot approve OP-1$/),
  row('operation-reject', 'wrong', 'ben', '/operation reject {hash}', /is no operation/),
  row(
    'operation-reject',
    'refused',
    'ben',
    '/operation reject OP-1 0123456789abcdef',
    /^Cannot reject OP-1$/,
  ),
  row('operation-reject', 'works', 'ben', '/operation reject OP-1 {hash}', /^OP-1: Rejected by Ben Okafor/),
  row('operation-abort', 'refused', 'ben', '/operation abort OP-1', /^Cannot stop OP-1$/),
  row('operation-abort', 'wrong', 'ben', '/operation abort', /^The operation is missing$/),

  // An incident.
  row('incident-declare', 'wrong', 'ana', '/incident declare P1 chekout slow', /no service “chekout”/),
  row(
    'incident-declare',
    'works',
    'ana',
    '/incident declare P1 checkout slow & <b>dead</b>',
    /^INC-1: P1 opened/,
  ),
  row('incident-declare', 'refused', 'ben', '/incident declare P0 checkout down', /^Cannot declare a second/),
  row('incident-ack', 'wrong', 'ana', '/incident ack INC1', /“INC1” is no incident/),
  row('incident-ack', 'works', 'ana', '/incident ack', /^INC-1: Acknowledged by Ana Ruiz/),
  row('incident-sev', 'wrong', 'ana', '/incident sev P9 worse', /“P9” is no severity|“P9” is no incident/),
  row('incident-sev', 'works', 'ana', '/incident sev P0 nobody can pay', /^INC-1: Severity P1 → P0/),
  row('incident-sev', 'refused', 'ana', '/incident sev P0 really', /^Cannot set INC-1 to P0$/),
  row('incident-timeline', 'works', 'ana', '/incident timeline', /^Timeline of INC-1/),
  row('incident-timeline', 'refused', 'ana', '/incident timeline INC-77', /^There is no INC-77$/),
  row('incident-timeline', 'wrong', 'ana', '/incident timeline 12', /“12” is no incident/),
  row('incident-postmortem', 'works', 'ana', '/incident postmortem INC-1', /^Post-mortem of INC-1/),
  row('incident-postmortem', 'refused', 'ana', '/incident postmortem INC-77', /^There is no INC-77$/),
  row('incident-postmortem', 'wrong', 'ana', '/incident postmortem INC-1 now', /“now” is more/),

  // A rollback is withdrawn, and asked for again; GitHub loses its answer, so that nobody knows how it ended.
  row('rollback', 'wrong', 'ana', '/rollback stabel last-good slow', /no release channel “stabel”/),
  row('rollback', 'works', 'ana', '/rollback stable last-good checkout answers 500', /^OP-2: /),
  row('rollback', 'refused', 'ben', '/rollback stable last-good me, too', /^Cannot roll/),
  row('operation-abort', 'works', 'ana', '/operation abort OP-2', /^OP-2: Withdrawn by Ana Ruiz/),
  {
    ...row(
      'operation-approve',
      'works',
      'ben',
      '/operation approve OP-3 {hash}',
      /^OP-3: Approved by Ben Okafor/,
    ),
    before: async (world) => {
      await columns['api']?.(world, 'ana', '/rollback stable last-good checkout answers 500');
      world.github.fail({ status: 502, applied: true });
    },
  },
  {
    ...row(
      'operation-settle',
      'refused',
      'ana',
      '/operation settle OP-3 done I saw it',
      /^Cannot settle OP-3/,
    ),
    before: (world) => world.pass(15 * minute),
  },
  row('channels-set', 'refused', 'ben', '/channels set stable 1.4.2 I saw it', /^Cannot set shop\/stable/),
  row('channels-set', 'wrong', 'ben', '/channels set stable 1.4 I saw it', /“1.4” is no version/),
  row(
    'channels-set',
    'works',
    'ben',
    '/channels set canary 1.7.0 by hand',
    /^shop\/canary: 1.7.0 is recorded/,
  ),
  row('operation-settle', 'wrong', 'ben', '/operation settle OP-3 maybe I saw it', /no outcome “maybe”/),
  row(
    'operation-settle',
    'works',
    'ben',
    '/operation settle OP-3 failed the old one answers',
    /^OP-3: Ben Okafor/,
  ),
  row('incident-resolve', 'wrong', 'ana', `/incident resolve INC-1 ${'x'.repeat(501)}`, /501 characters/),
  row('incident-resolve', 'works', 'ana', '/incident resolve it went away', /^INC-1: Resolved by Ana Ruiz/),
];

function row(verb: string, situation: Situation, who: Somebody, line: string, expected: RegExp): Row {
  return { verb, situation, who, line, expected };
}

const names = Object.keys(columns);
const told = new Map<string, readonly (Told | undefined)[]>();

/** Each column plays the whole story in a world of its own. */
async function play(name: string): Promise<readonly (Told | undefined)[]> {
  const column = columns[name];
  if (!column) throw new Error(`there is no column ${name}`);
  const world = await stillWorld();
  try {
    const answers: (Told | undefined)[] = [];
    for (const { verb, who, line, before } of rows) {
      await before?.(world);
      const typed = line.replace('{hash}', await openHash(world));
      answers.push(asksTheBot(name, verb) ? withoutPlace(await column(world, who, typed)) : undefined);
    }
    return answers;
  } finally {
    await world.close();
  }
}

async function openHash(world: StillWorld): Promise<string> {
  const [open] = await world.bot().store.listStreams('operation', { openOnly: true });
  return open ? (open.state as { readonly hash: string }).hash : '';
}

/** What differs by where it was said and is typed, and what Slack and the ports make of a world. */
function withoutPlace({ title, lines }: Told): Told {
  const same = (text: string): string =>
    asTyped(text)
      .replace(/\((?:slack|api|terminal)\)/g, '(somewhere)')
      .replace(/\b[0-9a-f]{16}\b/g, 'a-hash')
      .replace(/receipt \d+\.\d+/g, 'receipt ts')
      .replace(/127\.0\.0\.1:\d+/g, 'a-host');
  // Only whoever asks elsewhere is told how others approve without Slack.
  const everywhere = lines.filter((line) => !line.startsWith('They approve without Slack by:'));
  return { title: same(title), lines: everywhere.map(same) };
}

beforeAll(async () => {
  for (const name of names) told.set(name, await play(name));
}, 240_000);
afterAll(() => told.clear());

describe.each(rows.map((each, index) => ({ ...each, index, line: each.line.slice(0, 60) })))(
  '$line, which is $situation',
  ({ index, verb, expected }) => {
    const places = names.filter((name) => asksTheBot(name, verb));

    it.each(places)('in %s', (name) => {
      expect(told.get(name)?.[index]?.title).toMatch(expected);
    });

    it('is answered the same everywhere', () => {
      const [first, ...others] = places.map((name) => told.get(name)?.[index]);
      for (const other of others) expect(other).toEqual(first);
    });
  },
);

describe('The table is complete:', () => {
  /** Whoever may type at all may look; and the doctor sees everybody who has a role, as all three do. */
  const refusesNobody = 'oncall channels lastgood-help lastgood-doctor incident-list operation-list'.split(
    ' ',
  );

  it.each(verbs.map((verb) => [sayName(verb), verbName(verb)]))('%s', (_, name) => {
    const situations = new Set(rows.filter(({ verb }) => verb === name).map(({ situation }) => situation));
    const wanted: readonly Situation[] = refusesNobody.includes(name)
      ? ['works', 'wrong']
      : ['works', 'wrong', 'refused'];
    expect(situations).toEqual(new Set(wanted));
  });
});
