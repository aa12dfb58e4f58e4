import type { Block } from './neighbours/block-kit.ts';
import type { SlackMessage } from './neighbours/slack.ts';
import type { World } from './world.ts';

/** Something that a person in the sandbox can see now and could not see before. */
export interface Sighting {
  /** `#incidents`, `Ana Ruiz only`, `mail to ana@shop.example`, `PagerDuty`, `GitHub`, `Sentry` */
  readonly where: string;
  readonly text: string;
  readonly buttons: readonly string[];
  /** A message that was there and now says something else. */
  readonly changed: boolean;
  readonly inThread: boolean;
}

/** Looks at everything that people see, and tells each time what is new since the last look. */
export function createObserver(world: World): () => readonly Sighting[] {
  const seen = new Map<string, string>();

  function news(key: string, sighting: Omit<Sighting, 'changed'>): readonly Sighting[] {
    const written = JSON.stringify(sighting);
    const before = seen.get(key);
    if (before === written) return [];
    seen.set(key, written);
    return [{ ...sighting, changed: before !== undefined }];
  }

  return () => {
    const { slack, mail, pagerduty, github, sentry } = world;
    const people = new Map(
      slack.conversations().flatMap(({ id, user }) => (user === undefined ? [] : [[id, user]])),
    );
    const messages = slack.conversations().flatMap(({ id, name }) =>
      slack.messages(id).map((message) => {
        const person = people.get(id);
        const where = person === undefined ? `#${name}` : `direct to ${nameOf(world, person)}`;
        return { key: `message ${id} ${message.ts}`, at: message.ts, sighting: seenMessage(where, message) };
      }),
    );
    const answers = Object.values(world.policies().roster.people)
      .flatMap(({ slack: ids }) => ids)
      .flatMap((user) =>
        slack.ephemerals(user).map((message) => ({
          key: `answer ${user} ${message.ts}`,
          at: message.ts,
          sighting: seenMessage(`only ${nameOf(world, user)}`, message),
        })),
      );
    const said = [...messages, ...answers].toSorted((a, b) => (a.at < b.at ? -1 : 1));
    return [
      ...said.flatMap(({ key, sighting }) => news(key, sighting)),
      ...pagerduty
        .alerts()
        .flatMap(({ dedupKey, state, summary }) =>
          news(`pagerduty ${dedupKey}`, plain('PagerDuty', `${state}: ${summary}`)),
        ),
      ...mail
        .mails()
        .flatMap(({ to, subject }, index) =>
          news(`mail ${index}`, plain(`mail to ${to.join(', ')}`, subject)),
        ),
      ...github
        .runs()
        .flatMap(({ id, title, workflow, status, conclusion }) =>
          news(`run ${id}`, plain('GitHub', `${workflow}: ${title} — ${conclusion ?? status}`)),
        ),
      ...sentry
        .releases()
        .flatMap(({ version, status, deploys }) =>
          status === 'archived' || deploys.length > 0
            ? news(
                `release ${version}`,
                plain('Sentry', `${version} is ${status}${deploys.length > 0 ? ', deployed' : ''}`),
              )
            : [],
        ),
    ];
  };
}

function plain(where: string, text: string): Omit<Sighting, 'changed'> {
  return { where, text, buttons: [], inThread: false };
}

function seenMessage(where: string, message: SlackMessage): Omit<Sighting, 'changed'> {
  const { text, blocks, ts, thread_ts } = message;
  return {
    where,
    text: unescape(text),
    buttons: blocks.flatMap(buttonsOf),
    inThread: thread_ts !== undefined && thread_ts !== ts,
  };
}

function buttonsOf(block: Block): readonly string[] {
  const { elements = [], accessory } = block as {
    readonly elements?: readonly unknown[];
    readonly accessory?: unknown;
  };
  return [...elements, accessory].flatMap((element) => {
    const { type, text } = (element ?? {}) as {
      readonly type?: string;
      readonly text?: { readonly text?: string };
    };
    return type === 'button' ? [text?.text ?? ''] : [];
  });
}

function nameOf(world: World, slackId: string): string {
  return (
    Object.values(world.policies().roster.people).find(({ slack }) => slack.includes(slackId))?.name ??
    slackId
  );
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
