import { lastGood, livePeriod, type Channel } from '../core/channel/state.ts';
import { alerts, sendAlert, type AlertName } from './alerts.ts';
import { people } from './cast.ts';
import { commandLines } from './command-lines.ts';
import { noFacts, readFacts, type Facts } from './facts.ts';
import { guideOf } from './guide.ts';
import { createListeners } from './neighbours/listeners.ts';
import type { BotSide } from './page/workspace-of-neighbours.ts';
import { Refused, type ReleaseChannel } from './page/workspace.ts';
import type { World } from './world.ts';

/** How often the bot's state is read for the page; what the neighbours see shows at once. */
const lookEvery = 400;

/** The bot as the page sees it. `stop` ends the reading. */
export function botSideOf(
  world: World,
  startOver: () => Promise<void>,
): BotSide & { readonly stop: () => Promise<void> } {
  const { clock } = world;
  const { changed, onChange } = createListeners();
  const firing = new Set<AlertName>();
  const settle = (): Promise<void> => world.bot().quiet();
  let facts: Facts = noFacts;
  let written = '';
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = look();

  async function look(): Promise<void> {
    facts = await readFacts(world);
    const now = JSON.stringify(facts);
    if (now !== written) changed();
    written = now;
    timer = setTimeout(() => {
      looking = look();
    }, lookEvery);
  }

  return {
    people: () => [
      { id: people.ana.id, name: people.ana.realName, role: 'on call', isBot: false },
      { id: people.ben.id, name: people.ben.realName, role: 'approver', isBot: false },
      { id: people.dana.id, name: people.dana.realName, role: 'lead', isBot: false },
      { id: people.gus.id, name: people.gus.realName, role: 'guest', isBot: false },
      { id: people.relbot.id, name: people.relbot.realName, role: 'release bot', isBot: true },
    ],
    about: {
      incidents: 'A card for each incident, and its plan to go back. Details are in their threads.',
      emergency: 'Where Lastgood shouts when nobody answers.',
      releases: 'Rollbacks that belong to no incident.',
    },
    runsTake: { polls: 2 },
    healthCheck: {
      isFailing: () => !world.shop.isWell(),
      setFailing: (failing) => world.shop.setWell(!failing),
    },
    commands: () => commandLines(facts, world.policies()),
    channels: () => facts.channels.map((channel) => releaseChannel(channel, facts, world)),
    clock: () => ({ now: clock.now(), nextWake: facts.nextWake }),
    guide: () => guideOf(facts),
    alerts: () => [
      ...alerts.map(({ name, title, summary, severity }) => ({ name, title, summary, severity })),
      { name: 'all-resolved', title: 'All resolved', summary: 'Whatever is firing turns quiet' },
    ],
    fire: async (name) => {
      const known = alerts.find((alert) => alert.name === name);
      if (!known && name !== 'all-resolved') throw new Refused(`There is no alert ${name}.`);
      if (known) {
        firing.add(known.name);
        await sendAlert(world, known.name, 'firing');
      } else {
        for (const each of firing) await sendAlert(world, each, 'resolved');
        firing.clear();
      }
    },
    advance: (by) => clock.advance(by, settle),
    advanceToNextWake: async () => {
      const { nextWake } = await readFacts(world);
      if (nextWake) await clock.advance(Math.max(0, nextWake.at - clock.now()), settle);
    },
    startOver,
    onChange,
    stop: async () => {
      await looking;
      clearTimeout(timer);
    },
  };
}

function releaseChannel(channel: Channel, { operations }: Facts, world: World): ReleaseChannel {
  const [app = '', name = ''] = channel.name.split('/');
  const healthyAfter = world.policies().channels.apps[app]?.channels[name]?.healthy_after ?? 0;
  const live = livePeriod(channel);
  const holder = operations.find(({ id }) => id === channel.lock?.operation);
  return {
    name: channel.name,
    live: live && { version: live.version, since: live.from },
    lastGood: lastGood(channel, healthyAfter, world.clock.now()),
    lockedBy:
      channel.lock &&
      `${channel.lock.operation}: ${channel.lock.reason}${holder ? ` (${holder.status.replaceAll('-', ' ')})` : ''}`,
    history: channel.moves.map(({ at, to, cause, actor, reason }) => ({
      at,
      version: to,
      cause: cause === 'import' ? 'imported' : `${cause === 'set' ? 'set' : 'rolled back'} by ${actor}`,
      reason,
    })),
  };
}
