import { freezeId, inForce, type FreezeSwitch } from '../core/freeze/state.ts';
import { operationIsOpen } from '../core/operation/state.ts';
import type { Operation } from '../core/operation/state.ts';
import type { SlackDeed } from './replica.ts';
import { storeId } from './replica.ts';
import { personOf, statesOf, type World } from './world.ts';

type Words = readonly [command: string, text: string];
type Deed = DistributedOmit<SlackDeed, 'userId' | 'at'>;
type DistributedOmit<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never;

const accounts = { ana: 'U0ANA', ben: 'U0BEN', dana: 'U0DANA', stranger: 'U0STRANGER' } as const;
type Somebody = keyof typeof accounts;
const everybody = ['ana', 'ben', 'dana', 'ana', 'ben', 'dana', 'stranger'] as const;

/** Does it in Slack, which delivers it again while nobody answers. */
function inSlack(world: World, who: Somebody, deed: Deed): void {
  const { dice, ledger, trace } = world;
  const id = `slack/${dice.below(2 ** 30)}`;
  trace.note(`${who} in Slack: ${JSON.stringify(deed)}`);
  world.send({
    what: `${who} in Slack`,
    tries: 3,
    again: 10_000,
    take: async ({ inbox, clock }) => {
      const at = clock.now();
      const body: SlackDeed = { userId: accounts[who], at, ...deed };
      await inbox.receive({ id, source: 'slack', at, body: JSON.stringify(body) });
      return id;
    },
    acknowledged: (taken) => void ledger.acknowledged.add(taken),
  });
}

/** Asks the API, and again under the same key until it has heard an answer. */
function byApi(world: World, who: Somebody, [command, text]: Words): void {
  const { dice, ledger, trace } = world;
  const id = `api/${who}/${dice.below(2 ** 30)}`;
  const by = personOf(world.policies(), who);
  trace.note(`${who} by the API: /${command} ${text}`);
  world.send({
    what: `${who} by the API`,
    tries: 20,
    again: 5_000,
    take: async ({ api, clock }) => {
      const once = { id, request: text, at: clock.now() };
      const { stream, answer } = await api.carryOut({
        name: command.slice(1),
        said: { line: text },
        by,
        once,
      });
      return `${stream ?? ''} ${answer.title}`;
    },
    acknowledged: (answer) => void ledger.answers.set(id, answer),
  });
}

function say(world: World, who: Somebody, words: Words): void {
  if (world.dice.chance(0.25) && who !== 'stranger') byApi(world, who, words);
  else inSlack(world, who, { command: words[0], text: words[1] });
}

function click(world: World, who: Somebody, actionId: string, value: object): void {
  inSlack(world, who, { actionId, value: { ...value, store: storeId } });
}

/** Of those that are open, or, now and then, of all that there ever were. */
function anOperation(world: World): Operation | undefined {
  const all = statesOf(world.database, 'operation');
  const open = all.filter(operationIsOpen);
  return world.dice.chance(0.95) ? world.dice.pickSome(open) : world.dice.pickSome(all);
}

function vote(world: World, who: Somebody, { id, hash }: Operation): void {
  const seen = world.dice.chance(0.04) ? 'ffffffffffffffff' : hash;
  world.ledger.votes.push({ person: who, operation: id, hash: seen });
  if (world.dice.chance(0.2)) say(world, who, ['/operation', `approve ${id} ${seen}`]);
  else click(world, who, 'operation.approve', { id, hash: seen });
}

/** Whoever asked tells the others, who mostly agree. */
function approveSoon(world: World): void {
  for (const who of ['dana', 'ben'] as const)
    if (world.dice.chance(0.7))
      world.agenda.after(world.dice.wait(30_000), () => {
        const operation = world.isOver() ? undefined : anOperation(world);
        if (operation) vote(world, who, operation);
      });
}

const versions = [
  '1.4.1',
  '1.4.2',
  '1.5.0-rc.1',
  '1.5.0',
  '1.6.0',
  '9.9.9',
  'last-good',
  'last-good',
  'not-a-version',
] as const;

/** As long as the network may keep what somebody says. */
const overtakenWithin = 200_000;

/** By name, so that a trace can be read; the numbers say how often. */
const deeds: Readonly<Record<string, readonly [weight: number, act: (world: World, who: Somebody) => void]>> =
  {
    acknowledge: [
      10,
      (world, who) => {
        const incident = world.dice.pickSome(statesOf(world.database, 'incident', true));
        if (!incident) return say(world, who, ['/incident', 'ack']);
        if (world.dice.chance(0.5)) click(world, who, 'incident.acknowledge', { id: incident.id });
        else say(world, who, ['/incident', `ack ${incident.id}`]);
      },
    ],
    'set the severity': [
      5,
      (world, who) => {
        const incident = world.dice.pickSome(statesOf(world.database, 'incident', true));
        const severity = world.dice.pick(['P0', 'P1', 'P2', 'P3']);
        say(world, who, ['/incident', `sev ${incident?.id ?? 'INC-1'} ${severity} looked at it`]);
      },
    ],
    resolve: [
      5,
      (world, who) => {
        const incident = world.dice.pickSome(statesOf(world.database, 'incident', true));
        if (incident) click(world, who, 'incident.resolve', { id: incident.id });
      },
    ],
    declare: [
      2,
      (world, who) =>
        say(world, who, [
          '/incident',
          `declare ${world.dice.pick(['P0', 'P1', 'P2', 'P3'])} ${world.dice.pick(['checkout', 'platform'])} it looks odd`,
        ]),
    ],
    'roll back': [
      8,
      (world, who) => {
        const channel = world.dice.pick([
          'stable',
          'stable',
          'stable',
          'canary',
          'canary',
          'canary',
          'canary',
          'nowhere',
        ]);
        const known = statesOf(world.database, 'channel').find(({ name }) => name === `shop/${channel}`);
        const version = world.dice.chance(0.6)
          ? world.dice.pickSome(known?.periods ?? [])?.version
          : undefined;
        say(world, who, ['/rollback', `${channel} ${version ?? world.dice.pick(versions)} it fails`]);
        approveSoon(world);
      },
    ],
    promote: [
      4,
      (world, who) =>
        say(world, who, [
          '/promote',
          `canary stable ${world.dice.pick(['', '1.5.0 ', 'override ', '1.6.0 override '])}ran well`,
        ]),
    ],
    approve: [
      14,
      (world, who) => {
        const operation = anOperation(world);
        if (operation) vote(world, who, operation);
      },
    ],
    'two approve at once, and one of them twice': [
      8,
      (world) => {
        const operation = anOperation(world);
        if (!operation) return;
        for (const who of ['ben', 'dana', 'ben'] as const) vote(world, who, operation);
      },
    ],
    reject: [
      2,
      (world, who) => {
        const operation = anOperation(world);
        if (operation) click(world, who, 'operation.reject', { id: operation.id, hash: operation.hash });
      },
    ],
    abort: [
      3,
      (world, who) => {
        const operation = anOperation(world);
        if (operation) click(world, who, 'operation.abort', { id: operation.id });
      },
    ],
    settle: [
      6,
      (world, who) => {
        const unknown = statesOf(world.database, 'operation').filter(({ status }) => status === 'unknown');
        const operation = world.dice.pickSome(unknown);
        if (!operation) return;
        // They look first: what they say is what runs.
        const { app, channel, to } = operation.plan;
        const outcome = world.production.live.get(`${app}/${channel}`) === to ? 'done' : 'failed';
        if (outcome === 'done') world.ledger.told.add(`${app}/${channel} ${to}`);
        click(world, who, 'operation.settle', { id: operation.id, outcome });
      },
    ],
    'say what is live': [
      1,
      (world, who) => {
        const { dice, production, ledger, agenda } = world;
        const channel = dice.pick(['stable', 'canary']);
        const name = `shop/${channel}`;
        const version = production.live.get(name) ?? '';
        ledger.told.add(`${name} ${version}`);
        say(world, who, ['/channels', `set ${channel} ${version} I have looked`]);
        // It may be heard late, and counts from then on: of what has happened meanwhile nobody has told after it.
        agenda.after(overtakenWithin, () => {
          if (production.live.get(name) !== version)
            ledger.untold.set(name, (ledger.untold.get(name) ?? 0) + 1);
        });
      },
    ],
    'take a side': [
      3,
      (world, who) => {
        const [channel] = statesOf(world.database, 'channel').filter(({ drifts = [] }) =>
          drifts.some(({ settled }) => !settled),
        );
        const drift = channel?.drifts?.find(({ settled }) => !settled);
        if (!channel || !drift) return;
        const isTrue = world.production.live.get(channel.name) === drift.found;
        click(world, who, isTrue ? 'drift.record' : 'drift.keep', { channel: channel.name, drift: drift.id });
      },
    ],
    freeze: [0.5, (world, who) => say(world, who, ['/lastgood', 'freeze the wrong cluster'])],
    'lift a freeze': [
      8,
      (world, who) => {
        const stored = world.database.streams.get(freezeId);
        if (stored && inForce(JSON.parse(stored.state) as FreezeSwitch))
          say(world, who, ['/lastgood', 'unfreeze the right cluster again']);
      },
    ],
    look: [
      4,
      (world, who) =>
        say(
          world,
          who,
          world.dice.pick<Words>([
            ['/incident', 'list'],
            ['/operation', 'list'],
            ['/channels', ''],
            ['/oncall', 'checkout'],
            ['/lastgood', 'help'],
            ['/incident', 'timeline INC-1'],
            ['/incident', 'akc'],
            ['/rollback', 'stable'],
          ]),
        ),
    ],
  };

const total = Object.values(deeds).reduce((sum, [weight]) => sum + weight, 0);

/** Somebody does something. */
export function actAsSomebody(world: World): void {
  const { dice } = world;
  let left = dice.fraction() * total;
  for (const [weight, act] of Object.values(deeds)) {
    left -= weight;
    if (left >= 0) continue;
    act(world, dice.pick(everybody));
    return;
  }
}
