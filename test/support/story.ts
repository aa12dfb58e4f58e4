import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseDuration, type Milliseconds } from '../../src/core/time.ts';
import { conversations, pagerdutyUsers, people } from '../../src/sandbox/cast.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import type { Failure } from '../../src/sandbox/neighbours/failure.ts';
import type { Conclusion } from '../../src/sandbox/neighbours/github.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { changedPolicies, type PolicyChanges } from './changed-policies.ts';
import { literally } from './read-message.ts';
import { buttonsOf, type ShownButton } from './shown-buttons.ts';
import { writeEnding } from './story-ending.ts';
import { canaryBody, editRegistry, report } from './story-reports.ts';
import { startTranscript, type Transcript } from './transcript.ts';

/** A Sunday night. */
const began = Date.parse('2026-11-22T03:00:00Z');

type Somebody = keyof typeof people;

const names = {
  slack: 'Slack',
  github: 'GitHub',
  pagerduty: 'PagerDuty',
  sentry: 'Sentry',
  mail: 'the mail server',
  shop: 'the shop',
} as const;
type Neighbour = keyof typeof names;

/** What can happen in a story. Each resolves when everything that follows at this moment has been done. */
export interface Tell {
  /** A generic alert, firing, critical and about Checkout unless `said` otherwise; its title is its key. */
  readonly alert: (title: string, said?: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly alertResolves: (title: string, said?: Readonly<Record<string, unknown>>) => Promise<void>;
  /** What a real Alertmanager sent, by its file's name in `test/captures/alertmanager`. */
  readonly alertmanager: (capture: string) => Promise<void>;
  readonly types: (who: Somebody, line: string) => Promise<void>;
  /** Presses a button on the card of `INC-1` or `OP-1`. */
  readonly presses: (who: Somebody, label: string, card: string) => Promise<void>;
  /** Presses a button in the direct message that called somebody, or asks them to approve. */
  readonly pressesOnPage: (who: Somebody, label: string, card: string) => Promise<void>;
  /** Presses a button that the card does not show any more, on a screen that still does. */
  readonly pressesLate: (who: Somebody, label: string, card: string) => Promise<void>;
  /** Presses a button in PagerDuty, on the page that the ladder sent last. */
  readonly inPagerduty: (
    who: keyof typeof pagerdutyUsers,
    action: 'acknowledge' | 'resolve',
  ) => Promise<void>;
  /** What a release bot found out about a version on the canary, in the last half hour; well unless `said` otherwise. */
  readonly reportsCanary: (
    version: string,
    said?: Readonly<Record<string, unknown>>,
    over?: string,
  ) => Promise<void>;
  /** A deploy tool says which version is on a channel now. */
  readonly reportsDeployment: (
    channel: string,
    version: string,
    said?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
  /** Somebody else writes a version into the registry file. */
  readonly editsRegistry: (channel: string, version: string) => Promise<void>;
  /** `5m` */
  readonly passes: (time: string) => Promise<void>;
  /** Lastgood stops, and starts again after so long. */
  readonly restarts: (after: string) => Promise<void>;
  readonly breaks: (neighbour: Neighbour, how?: Failure) => void;
  readonly heals: (neighbour: Neighbour) => void;
  /** How the runs of GitHub's workflows end from now on. */
  readonly workflowsEnd: (how: Conclusion | 'never') => void;
}

/** Something that happens to a team, and that the transcript beside it tells as they see it. */
export interface Story {
  readonly title: string;
  readonly play: (tell: Tell) => Promise<void>;
  readonly policies?: PolicyChanges;
  /** Lastgood may tell PagerDuty whom to call. */
  readonly pagesByName?: boolean;
}

/**
 * Plays each story in a world of its own, in which time stands still until it is told to pass, and compares what
 * people saw with the Markdown file of its name. `vitest -u` writes that file: read it aloud before it is committed.
 */
export function playStories(stories: Readonly<Record<string, Story>>): void {
  it.each(Object.entries(stories))('%s', async (name, story) => {
    await expect(await playStory(story)).toMatchFileSnapshot(`./${name}.md`);
  });
}

/** @returns the transcript: what people saw */
export async function playStory(
  { title, play, policies = {}, pagesByName = false }: Story,
  slackMode: 'http' | 'socket' = 'http',
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-story-'));
  const errors: string[] = [];
  const world = await startWorld({
    root,
    policies: await changedPolicies(join(root, 'changed'), policies),
    clock: movableClock({ start: began, running: false }),
    port: 0,
    // One effect at a time, and no luck: the same story gives the same transcript.
    random: () => 0.5,
    mostInFlight: 1,
    slackMode,
    pagesByName,
    logLevel: 'error',
    writeLog: (line) => errors.push(line),
  });
  const transcript = startTranscript(world, title);
  try {
    await play(tellIn(world, transcript));
    await writeEnding(world, transcript, began);
  } finally {
    await world.close();
    await rm(root, { recursive: true, force: true });
  }
  // The bot logs an error when it is itself at fault, never for a neighbour's trouble.
  expect(errors).toEqual([]);
  return transcript.write();
}

function tellIn(world: World, transcript: Transcript): Tell {
  const { slack, clock } = world;
  const everShown = new Map<string, ShownButton>();
  const bot = { isDown: false };

  async function settle(): Promise<void> {
    // What the clock has woken may begin only in the next turn of the event loop.
    for (let turn = 0; turn < 2 && !bot.isDown; turn += 1) {
      await world.bot().quiet();
      await new Promise(setImmediate);
    }
    transcript.glance();
  }

  async function beat(what: string, happen: () => Promise<unknown>): Promise<void> {
    transcript.begin(what);
    await happen();
    await settle();
    transcript.look();
    for (const button of buttonsOf(slack)) everShown.set(`${button.card} ${button.label}`, button);
  }

  async function deliver(source: string, body: unknown): Promise<void> {
    const status = await world.deliver(source, body);
    if (status !== 202) throw new Error(`the webhook of ${source} answered ${status}`);
  }

  async function press(who: Somebody, button: ShownButton | undefined): Promise<void> {
    if (!button) throw new Error(`${who} sees no such button`);
    const { conversationId, messageTs, actionId, value } = button.click;
    await slack.as(people[who].id).click(conversationId, messageTs, { actionId, value });
  }

  return {
    alert: (title, said = {}) =>
      beat(`An alert fires: ${literally(title)}`, () =>
        deliver('generic', { ...genericAlert(title), status: 'firing', ...said }),
      ),
    alertResolves: (title, said = {}) =>
      beat(`An alert is over: ${literally(title)}`, () =>
        deliver('generic', { ...genericAlert(title), status: 'resolved', ...said }),
      ),
    alertmanager: (capture) =>
      beat(`Alertmanager sends ${capture}`, async () => {
        const file = new URL(`../captures/alertmanager/${capture}.json`, import.meta.url);
        await deliver('alertmanager', JSON.parse(await readFile(file, 'utf8')));
      }),
    types: (who, line) =>
      beat(`${people[who].realName} types \`${shorten(line)}\``, async () => {
        const [command = '', ...words] = line.split(' ');
        await slack.as(people[who].id).command(conversations.incidents.id, command, words.join(' '));
      }),
    presses: (who, label, card) =>
      beat(`${people[who].realName} presses [${label}] on the card of ${card}`, () => {
        const shown = buttonsOf(slack).findLast(
          (button) => button.card === card && button.label === label && !button.inDirectMessage,
        );
        return press(who, shown);
      }),
    pressesOnPage: (who, label, card) =>
      beat(`${people[who].realName} presses [${label}] in the direct message`, () => {
        const theirs = people[who].id.replace('U', 'D');
        const shown = buttonsOf(slack).findLast(
          (button) =>
            button.card === card && button.label === label && button.click.conversationId === theirs,
        );
        return press(who, shown);
      }),
    pressesLate: (who, label, card) =>
      beat(`${people[who].realName} presses [${label}] on an old view of the card of ${card}`, async () => {
        const once = everShown.get(`${card} ${label}`);
        if (!once) throw new Error(`${card} never had a button ${label}`);
        await slack.as(people[who].id).clickStale(once.click);
      }),
    inPagerduty: (who, action) =>
      beat(`${pagerdutyUsers[who].name} presses ${action} in PagerDuty`, async () => {
        const page = world.pagerduty.alerts().findLast(({ state }) => state !== 'resolved');
        await world.pagerduty.press(pagerdutyUsers[who], action, page?.dedupKey ?? 'at all');
      }),
    reportsCanary: (version, said = {}, over) =>
      beat(`A release bot reports on ${version}${sayWhat(said)}${over ? `, over ${over}` : ''}`, async () => {
        const body = {
          version,
          ...canaryBody(clock.now(), said, over === undefined ? undefined : lengthOf(over)),
        };
        transcript.remark(await report(world, 'canary', body));
      }),
    reportsDeployment: (channel, version, said = {}) =>
      beat(`A deploy tool reports ${version} on ${channel}${sayWhat(said)}`, async () => {
        transcript.remark(await report(world, 'deployments', { channel, version, ...said }));
      }),
    editsRegistry: (channel, version) =>
      beat(`Somebody writes ${version} for ${channel} into the registry file`, () =>
        editRegistry(world, channel, version),
      ),
    passes: (time) => beat(`Time passes: ${time}`, () => clock.advance(lengthOf(time), settle)),
    restarts: (after) =>
      beat(`Lastgood goes down, and is back after ${after}`, async () => {
        await world.stopBot();
        bot.isDown = true;
        await clock.advance(lengthOf(after), settle);
        await world.startBot();
        bot.isDown = false;
      }),
    breaks: (neighbour, how = { status: 503 }) => {
      transcript.remark(`From here on ${names[neighbour]} does not work.`);
      if (neighbour === 'shop') world.shop.setWell(false);
      else if (neighbour === 'mail') world.mail.fail('refuse');
      else world[neighbour].fail(how);
    },
    heals: (neighbour) => {
      transcript.remark(`From here on ${names[neighbour]} works again.`);
      if (neighbour === 'shop') world.shop.setWell(true);
      else world[neighbour].heal();
    },
    workflowsEnd: (how) => {
      transcript.remark(`From here on workflow runs end like this: ${how}.`);
      world.github.setRunBehaviour({ ends: how, after: { polls: 2 } });
    },
  };
}

function sayWhat(said: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(said).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

function genericAlert(title: string): object {
  return { key: title, title, summary: '', service: 'checkout', labels: { severity: 'critical' } };
}

function lengthOf(time: string): Milliseconds {
  const length = parseDuration(time);
  if (length === undefined) throw new Error(`${time} is no length of time`);
  return length;
}

function shorten(line: string): string {
  return line.length > 200 ? `${line.slice(0, 100)}… (${line.length} characters)` : line;
}
