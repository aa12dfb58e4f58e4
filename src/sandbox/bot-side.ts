import { parseVersion } from '../core/version.ts';
import { alerts, sendAlert, type AlertName } from './alerts.ts';
import { apiTokens } from './api-tokens.ts';
import { pagerdutyUsers, people } from './cast.ts';
import { commandLines } from './command-lines.ts';
import { noFacts, readFacts, type Facts } from './facts.ts';
import { toursOf } from './guide.ts';
import { createListeners } from './neighbours/listeners.ts';
import type { PagerdutyUser } from './neighbours/pagerduty-webhooks.ts';
import type { BotSide } from './page/workspace-of-neighbours.ts';
import { Refused, type Person } from './page/workspace.ts';
import { editRegistry } from './registry-edit.ts';
import { canaryReport, findings, postFinding, tellBot, type Answered } from './release-bot.ts';
import { releaseChannel } from './release-channel.ts';
import type { World } from './world.ts';

/** How often the bot's state is read for the page; what the neighbours see shows at once. */
const lookEvery = 400;

/** The bot as the page sees it. `stop` ends the reading. */
export function botSideOf(
  world: World,
  startOver: () => Promise<void>,
): BotSide & { readonly stop: () => Promise<void> } {
  const { clock } = world;
  const { url } = world.bot();
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
    people: () => visitors,
    pagerdutyUser: (as) => accountOf(as),
    about: {
      incidents: 'A card for each incident, and its plan to go back. Details are in their threads.',
      emergency: 'Where Lastgood shouts when nobody answers.',
      releases: 'How canaries do, where records differ, and changes that belong to no incident.',
    },
    runsTake: { polls: 2 },
    healthCheck: {
      isFailing: () => !world.shop.isWell(),
      setFailing: (failing) => world.shop.setWell(!failing),
    },
    commands: () => commandLines(facts, world.policies()),
    channels: () =>
      facts.channels.map((channel) => releaseChannel(channel, facts, world.policies(), clock.now())),
    clock: () => ({ now: clock.now(), nextWake: facts.nextWake }),
    tours: () => toursOf(facts),
    findings: () => findings.map(({ name, title }) => ({ name, title })),
    api: () => ({ url, token: apiTokens.ana, person: people.ana.realName }),
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
    reportHealth: async ({ finding, channel, version, by }) => {
      const found = findings.find(({ name }) => name === finding);
      if (!found) throw new Refused(`A release bot does not find “${finding}”.`);
      const about = { channel, version };
      if (by === 'http') return told(tellBot(world, 'canary', canaryReport(found, about, clock.now())));
      await postFinding(world, found, about);
      return 'Posted in #releases with its metadata.';
    },
    reportDeployment: (channel, version) => told(tellBot(world, 'deployments', { channel, version })),
    editRegistry: async (channel, typed) => {
      const version = parseVersion(typed);
      if (version === undefined) throw new Refused(`“${typed}” is no version such as 1.6.0.`);
      await editRegistry(world, channel.split('/')[1] ?? channel, version);
    },
    startOver,
    onChange,
    stop: async () => {
      await looking;
      clearTimeout(timer);
    },
  };
}

const { ana, ben, dana, gus, relbot } = people;

const visitors: readonly Person[] = [
  { id: ana.id, name: ana.realName, role: 'on call', isBot: false },
  { id: ben.id, name: ben.realName, role: 'approver', isBot: false },
  { id: dana.id, name: dana.realName, role: 'lead', isBot: false },
  { id: gus.id, name: gus.realName, role: 'guest', isBot: false },
  { id: relbot.id, name: relbot.realName, role: 'release bot', isBot: true },
].map((person) => ({ ...person, hasPager: accountOf(person.id) !== undefined }));

function accountOf(slackId: string): PagerdutyUser | undefined {
  const [key] = Object.entries(people).find(([, { id }]) => id === slackId) ?? [];
  return Object.entries(pagerdutyUsers).find(([name]) => name === key)?.[1];
}

async function told(answering: Promise<Answered>): Promise<string> {
  const { status, text } = await answering;
  return `Answered ${status}: ${text}`;
}
