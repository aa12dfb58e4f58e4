import type { Github, RunBehaviour } from '../neighbours/github.ts';
import type { MailServer } from '../neighbours/mail.ts';
import type { PagerdutyUser } from '../neighbours/pagerduty-webhooks.ts';
import type { Pagerduty } from '../neighbours/pagerduty.ts';
import type { Sentry } from '../neighbours/sentry.ts';
import type { Delivery, Slack, SlackMessage } from '../neighbours/slack.ts';
import { Refused } from './workspace.ts';
import type { Message, Switch, Workspace } from './workspace.ts';

export interface Neighbours {
  readonly slack: Slack;
  readonly github: Github;
  readonly pagerduty: Pagerduty;
  readonly sentry: Sentry;
  readonly mail: MailServer;
}

/** What the neighbours cannot know: the bot, its clock and the story. `onChange` here is about these alone. */
export interface BotSide extends Pick<
  Workspace,
  | 'people'
  | 'commands'
  | 'channels'
  | 'clock'
  | 'alerts'
  | 'findings'
  | 'api'
  | 'tours'
  | 'fire'
  | 'advance'
  | 'advanceToNextWake'
  | 'reportHealth'
  | 'reportDeployment'
  | 'editRegistry'
  | 'startOver'
  | 'onChange'
> {
  /** What a conversation is for, by its name. */
  readonly about: Readonly<Record<string, string>>;
  /** The account that a person has at PagerDuty. */
  readonly pagerdutyUser: (as: string) => PagerdutyUser | undefined;
  /** How long a workflow run takes, however it ends. */
  readonly runsTake: RunBehaviour['after'];
  /** The endpoints of the shop that a rollback verifies. */
  readonly healthCheck: { isFailing(): boolean; setFailing(failing: boolean): void };
}

const HEALTHY_OR_FAILING = [
  { value: 'healthy', label: 'healthy' },
  { value: 'failing', label: 'failing' },
];
const RUN_ENDS = [
  { value: 'success', label: 'succeeds' },
  { value: 'failure', label: 'fails' },
  { value: 'never', label: 'never ends' },
] as const;

interface Turnable {
  readonly name: string;
  readonly title: string;
  readonly states: Switch['states'];
  readonly state: () => string;
  readonly turn: (to: string) => void;
}

/** The workspace that the page shows, over the emulated neighbours and the bot that runs between them. */
export function workspaceOfNeighbours(neighbours: Neighbours, bot: BotSide): Workspace {
  const { slack, github, pagerduty, sentry, mail } = neighbours;
  const listeners = new Set<() => void>();
  const switches = createSwitches(neighbours, bot);

  function messages(as: string, conversation: string): readonly Message[] {
    const own = slack.ephemerals(as).filter((message) => message.conversation === conversation);
    return [
      ...slack.messages(conversation).map((message) => toMessage(message, false)),
      ...own.map((message) => toMessage(message, true)),
    ].toSorted((one, other) => (one.ts < other.ts ? -1 : 1));
  }

  function toMessage(message: SlackMessage, onlyVisibleToYou: boolean): Message {
    const { ts, user, text, blocks, thread_ts, edited } = message;
    return {
      ts,
      from: nameSender(user),
      text,
      blocks,
      ...(thread_ts !== undefined && thread_ts !== ts && { thread: thread_ts }),
      edited: edited !== undefined,
      onlyVisibleToYou,
    };
  }

  function nameSender(id: string): Message['from'] {
    const person = bot.people().find((one) => one.id === id);
    if (person !== undefined) return { id, name: person.name, isBot: person.isBot };
    return { id, name: id === slack.bot.userId ? 'Lastgood' : 'Slackbot', isBot: true };
  }

  return {
    ...bot,
    conversations: (as) =>
      slack
        .conversations()
        .filter(({ user }) => user === undefined || user === as)
        .map(({ id, name, user }) => ({
          id,
          name: user === undefined ? name : 'Lastgood',
          kind: user === undefined ? 'public' : 'direct',
          about: user === undefined ? (bot.about[name] ?? '') : 'What Lastgood tells you alone.',
          messages: messages(as, id).length,
        })),
    messages,
    mails: () =>
      mail
        .mails()
        .map(({ to, subject, text, receivedAt }) => ({ to, subject, text, at: receivedAt.getTime() })),
    pages: () =>
      pagerduty.alerts().map(({ dedupKey, state, summary, severity, history }) => ({
        key: dedupKey,
        state,
        summary,
        severity,
        history: history.map(({ at, action }) => ({ at: Date.parse(at), action })),
      })),
    runs: () =>
      github.runs().map(({ id, title, workflow, status, conclusion, createdAt, url }) => ({
        id,
        title,
        workflow,
        status,
        conclusion,
        at: Date.parse(createdAt),
        url,
      })),
    releases: () =>
      sentry.releases().map(({ version, status, deploys }) => ({
        version,
        status,
        deploys: deploys.map(({ environment, dateFinished }) => ({
          environment,
          at: Date.parse(dateFinished),
        })),
      })),
    switches: () =>
      switches.map(({ name, title, states, state }) => ({ name, title, states, state: state() })),

    async run(as, conversation, text, thread) {
      if (!text.startsWith('/')) {
        slack
          .as(as)
          .message(conversation, escapeText(text), thread === undefined ? {} : { threadTs: thread });
        return;
      }
      if (thread !== undefined) throw new Refused('Slack takes no commands in threads.');
      const [command = '', ...words] = text.split(' ');
      await slack.as(as).command(conversation, command, words.join(' '));
    },
    async click(as, conversation, ts, { actionId, value }) {
      const shown = messages(as, conversation).find((message) => message.ts === ts);
      if (shown === undefined) throw new Refused('This message is gone.');
      const delivery = await slack
        .as(as)
        .click(conversation, ts, { actionId, ...(value !== undefined && { value }) })
        .catch((error: unknown) => {
          throw new Refused('This button is no longer there.', { cause: error });
        });
      refuseFailed(delivery);
    },
    async turn(name, to) {
      const found = switches.find((one) => one.name === name);
      if (found?.states.some(({ value }) => value === to) !== true)
        throw new Refused(`There is no switch ${name} with a state ${to}.`);
      found.turn(to);
      for (const listener of listeners) listener();
    },
    async pressPage(as, key, action) {
      const user = bot.pagerdutyUser(as);
      if (!user) throw new Refused('Who has no account at PagerDuty cannot press anything there.');
      await pagerduty.press(user, action, key).catch((error: unknown) => {
        throw new Refused('This page is over already.', { cause: error });
      });
    },
    onChange(listener) {
      listeners.add(listener);
      const stops = [bot, slack, github, pagerduty, sentry, mail].map((part) => part.onChange(listener));
      return () => {
        listeners.delete(listener);
        for (const stop of stops) stop();
      };
    },
  };
}

function createSwitches(neighbours: Neighbours, bot: BotSide): readonly Turnable[] {
  const { slack, github, pagerduty, sentry, mail } = neighbours;
  let runsEnd: RunBehaviour['ends'] = 'success';
  return [
    neighbourSwitch('slack', 'Slack', slack, () => slack.fail({})),
    neighbourSwitch('github', 'GitHub', github, () => github.fail({})),
    neighbourSwitch('pagerduty', 'PagerDuty', pagerduty, () => pagerduty.fail({})),
    neighbourSwitch('sentry', 'Sentry', sentry, () => sentry.fail({})),
    neighbourSwitch('mail', 'Mail', mail, () => mail.fail('temporary')),
    {
      name: 'workflow',
      title: 'Rollback workflow',
      states: RUN_ENDS,
      state: () => runsEnd,
      turn(to) {
        runsEnd = RUN_ENDS.find(({ value }) => value === to)?.value ?? 'success';
        github.setRunBehaviour({ ends: runsEnd, after: bot.runsTake });
      },
    },
    {
      name: 'health',
      title: 'Health check',
      states: [
        { value: 'ok', label: 'ok' },
        { value: 'failing', label: 'failing' },
      ],
      state: () => (bot.healthCheck.isFailing() ? 'failing' : 'ok'),
      turn: (to) => bot.healthCheck.setFailing(to === 'failing'),
    },
  ];
}

function neighbourSwitch(
  name: string,
  title: string,
  neighbour: { heal(): void; failure(): unknown },
  fail: () => void,
): Turnable {
  return {
    name,
    title,
    states: HEALTHY_OR_FAILING,
    state: () => (neighbour.failure() === undefined ? 'healthy' : 'failing'),
    turn: (to) => (to === 'failing' ? fail() : neighbour.heal()),
  };
}

/** Slack says nothing of a failed click but a small triangle; here the visitor is told. */
function refuseFailed({ status, body }: Delivery): void {
  if (status === 200) return;
  throw new Refused(
    status === 0
      ? `Lastgood did not answer in time (${String(body)}).`
      : `Lastgood answered with status ${status}.`,
  );
}

/** As Slack's client does before it sends what was typed. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
