import { conversations, people } from '../../../src/sandbox/cast.ts';
import type { SlackPerson } from '../../../src/sandbox/neighbours/slack.ts';
import { editRegistry } from '../../../src/sandbox/registry-edit.ts';
import { canaryBody, report } from '../../support/story-reports.ts';
import { stillWorld, type StillWorld } from './still-world.ts';

const { ana, ben, dana } = people;
const minute = 60_000;

/**
 * A night on which everything can be asked for, and every button is on some card: INC-1 fires on stable; a release bot
 * says that the canary fails, and the registry file says otherwise than our records; OP-2 waits on beta for somebody to
 * approve it; of OP-1 on gamma nobody knows how it ended; and production is frozen.
 */
export async function busyNight(
  options: {
    /** Changes to the example policies, by file. */
    readonly policies?: Readonly<Record<string, (text: string) => string>>;
    /** Who is in the Slack workspace besides the cast. */
    readonly others?: readonly SlackPerson[];
  } = {},
): Promise<StillWorld> {
  const world = await stillWorld({ 'channels.yml': withTwoMore, ...options.policies }, options.others);
  for (const channel of ['beta', 'gamma'])
    for (const version of ['2.0.0', '2.1.0'])
      await world.type(ana.id, `/channels set ${channel} ${version} released by hand`);

  await world.type(ana.id, '/rollback gamma 2.0.0 it is slow');
  world.github.fail({ status: 502, applied: true });
  await world.type(dana.id, `/operation approve OP-1 ${(await world.operation('OP-1')).hash}`);
  await world.pass(12 * minute);
  world.github.heal();

  await report(world, 'deployments', { channel: 'canary', version: '1.6.0-rc.2' });
  await world.pass(30 * minute);
  const bad = canaryBody(world.clock.now(), { version: '1.6.0-rc.2', error_rate: 0.2 });
  await report(world, 'canary', bad);
  await editRegistry(world, 'canary', '1.6.0-rc.9');

  const alert = { key: 'checkout-5xx', title: 'Checkout answers 500', service: 'checkout', severity: 'P1' };
  await world.deliver('generic', alert);
  await world.settle();
  await world.type(ben.id, '/rollback beta 2.0.0 it is slow');
  await world.type(ana.id, '/lastgood freeze deploys go to the wrong cluster');
  return world;
}

/** Two more channels, like the canary. */
function withTwoMore(channels: string): string {
  const canary = channels.slice(channels.indexOf('      canary:\n'));
  const like = (name: string): string =>
    canary.replace('canary:', `${name}:`).replace('environments: [canary]', `environments: [${name}]`);
  return `${channels}\n${like('beta')}\n${like('gamma')}`;
}

/** Everything that may not change when somebody is refused: all but refusals, and what is said of them. */
export async function pictureOf(world: StillWorld): Promise<unknown> {
  const { store } = world.bot();
  const kinds = ['incident', 'operation', 'channel', 'freeze'] as const;
  const streams = (await Promise.all(kinds.map((kind) => store.listStreams(kind)))).flat();
  const told = ['slack.card', 'slack.thread', 'slack.reply'];
  return {
    streams: await Promise.all(
      streams.map(async ({ id, state }) => ({
        id,
        state: { ...(state as object), refusals: undefined },
        events: (await store.readEvents(id)).filter(({ type }) => type !== 'request.refused'),
        effects: (await store.outboxOf(id)).filter(({ effect }) => !told.includes(effect.type)),
      })),
    ),
    runs: world.github.runs(),
    pages: world.pagerduty.alerts(),
    mails: world.mail.mails(),
    cards: Object.values(conversations).flatMap(({ id }) =>
      world.slack
        .messages(id)
        .filter(({ thread_ts }) => thread_ts === undefined)
        .map(({ ts, blocks }) => ({ ts, blocks: withoutIds(blocks) })),
    ),
  };
}

/** Slack numbers the blocks of a card anew each time it is drawn. */
function withoutIds(blocks: unknown): string {
  return JSON.stringify(blocks, (key, value: unknown) => (key === 'block_id' ? undefined : value));
}

/** How many refusals are on record, in all streams. */
export async function refusalsOf(world: StillWorld): Promise<number> {
  const { store } = world.bot();
  const kinds = ['incident', 'operation', 'channel', 'freeze'] as const;
  const streams = (await Promise.all(kinds.map((kind) => store.listStreams(kind)))).flat();
  const events = await Promise.all(streams.map(({ id }) => store.readEvents(id)));
  return events.flat().filter(({ type }) => type === 'request.refused').length;
}

/** What somebody has to be to do something: anybody who may speak at all, in the roster, an approver, a lead. */
export type Needs = 'nothing' | 'a role' | 'approver' | 'lead';

/** One line for every verb, by the name by which programs call it: for the right person each of them works. */
export async function lines(
  world: StillWorld,
): Promise<Readonly<Record<string, { readonly line: string; readonly needs: Needs }>>> {
  const { hash } = await world.operation('OP-2');
  const kept = { id: 'generic/7', source: 'generic', at: 0, body: JSON.stringify({ headers: {}, raw: '{' }) };
  await world.bot().store.transact((all) => all.receiveSettled(kept, 'The body is not JSON in UTF-8.'));
  return {
    rollback: { line: '/rollback stable 1.4.2 checkout answers 500', needs: 'a role' },
    promote: { line: '/promote canary stable 1.6.0-rc.2 override checkout needs it', needs: 'lead' },
    'incident-declare': { line: '/incident declare P2 platform disks fill up', needs: 'a role' },
    'incident-ack': { line: '/incident ack INC-1', needs: 'a role' },
    'incident-sev': { line: '/incident sev INC-1 P0 nobody can pay', needs: 'a role' },
    'incident-resolve': { line: '/incident resolve INC-1 it is over', needs: 'a role' },
    'incident-timeline': { line: '/incident timeline INC-1', needs: 'nothing' },
    'incident-postmortem': { line: '/incident postmortem INC-1', needs: 'nothing' },
    'incident-list': { line: '/incident list', needs: 'nothing' },
    'operation-list': { line: '/operation list', needs: 'nothing' },
    'operation-show': { line: '/operation show OP-2', needs: 'nothing' },
    'operation-approve': { line: `/operation approve OP-2 ${hash}`, needs: 'approver' },
    'operation-reject': { line: `/operation reject OP-2 ${hash}`, needs: 'approver' },
    'operation-abort': { line: '/operation abort OP-2', needs: 'approver' },
    'operation-settle': { line: '/operation settle OP-1 failed nothing was deployed', needs: 'approver' },
    oncall: { line: '/oncall', needs: 'nothing' },
    channels: { line: '/channels', needs: 'nothing' },
    'channels-set': { line: '/channels set canary 1.6.0-rc.3 released by hand', needs: 'a role' },
    'lastgood-doctor': { line: '/lastgood doctor', needs: 'a role' },
    'lastgood-received': { line: '/lastgood received generic/7', needs: 'a role' },
    'lastgood-freeze': { line: '/lastgood freeze it is not over', needs: 'a role' },
    'lastgood-unfreeze': { line: '/lastgood unfreeze it is over', needs: 'approver' },
    'lastgood-help': { line: '/lastgood help', needs: 'nothing' },
  };
}
