import { conversations, people } from '../../src/sandbox/cast.ts';
import type { World } from '../../src/sandbox/world.ts';
import { readMessage, timeOf } from './read-message.ts';
import { cardOf } from './shown-buttons.ts';

/** Writes down, in Markdown, what the people of a world see. */
export interface Transcript {
  /** Something is done, or time passes; what is seen next is what came of it. */
  readonly begin: (what: string) => void;
  /** Notes what has changed where nothing says when. */
  readonly glance: () => void;
  /** Writes what has changed for anybody since the last look. */
  readonly look: () => void;
  /** A word of the narrator. */
  readonly remark: (sentence: string) => void;
  readonly section: (heading: string, lines: readonly string[]) => void;
  /** The thread under a card, as it stands: `INC-1`. */
  readonly thread: (card: string) => readonly string[];
  readonly write: () => string;
}

/** Something that somebody could see, and when it came to be. */
interface Sight {
  readonly at: number;
  readonly line: string;
}

const conversationNames: Readonly<Record<string, string>> = Object.fromEntries([
  ...Object.values(conversations).map(({ id, name }) => [id, `#${name}`]),
  ...Object.values(people).map(({ id, name }) => [id.replace('U', 'D'), `direct message to ${name}`]),
  ...Object.values(people).map(({ id, name }) => [id, `@${name}`]),
]);

export function startTranscript(world: World, title: string): Transcript {
  const { slack, pagerduty, github, sentry, mail, shop, clock } = world;
  const pages: string[] = [`# ${title}`, ''];
  const seen = new Map<string, string>();
  const glanced: Sight[] = [];
  let began = clock.now();
  const nameOf = (id: string): string => conversationNames[id] ?? id;
  const say = steady({
    'github.test': github.url,
    'sentry.test': sentry.url,
    'shop.test': shop.url,
    'slack.test': slack.url,
    'pagerduty.test': pagerduty.url,
    'mail.test': mail.url,
  });

  /** Whether this is news; it is none the second time. */
  function isNews(key: string, value: string): boolean {
    if (seen.get(key) === value) return false;
    seen.set(key, value);
    return true;
  }

  function messages(): { readonly sights: readonly Sight[]; readonly cards: readonly string[] } {
    const sights: Sight[] = [];
    const cards: string[] = [];
    for (const { id } of slack.conversations()) {
      for (const message of slack.messages(id)) {
        const lines = readMessage(message, nameOf).map(say);
        const isNew = !seen.has(message.ts);
        if (message.bot_id === undefined || !isNews(message.ts, lines.join('\n'))) continue;
        const at = momentOf(message.edited?.ts ?? message.ts);
        const loud = message.reply_broadcast === true ? ` 📣 also in ${nameOf(id)}` : '';
        const [first = '', ...others] = lines;
        if (message.thread_ts !== undefined) {
          const more = others.length === 0 ? '' : ` (${others.length} more lines)`;
          sights.push({ at, line: `🧵 ${cardNames(id).get(message.thread_ts)}: ${first}${more}${loud}` });
        } else if (id.startsWith('D') || others.length === 0) {
          const verb = isNew ? '💬' : '✏️ in place,';
          sights.push({ at, line: `${verb} ${nameOf(id)}: ${lines.join(' / ')}` });
        } else {
          const verb = isNew ? 'A card in' : 'The card in';
          cards.push('', `${verb} ${nameOf(id)}${isNew ? '' : ' now says'}:`, '', ...quoted(lines));
        }
      }
    }
    return { sights, cards };
  }

  function cardNames(conversation: string): ReadonlyMap<string, string> {
    const cards = slack.messages(conversation).filter(({ thread_ts }) => thread_ts === undefined);
    return new Map(cards.map(({ ts, text }) => [ts, cardOf(text)]));
  }

  function answers(): readonly string[] {
    return Object.values(people).flatMap(({ id, realName }) =>
      slack.ephemerals(id).flatMap((message) => {
        const lines = readMessage(message, nameOf).map(say);
        if (!isNews(message.ts, lines.join('\n'))) return [];
        return ['', `Only ${realName} sees:`, '', ...quoted(lines)];
      }),
    );
  }

  function pagesAndMails(): readonly Sight[] {
    const paged = pagerduty.log().map(({ at, status, body }, index) => {
      const { event_action, dedup_key, payload } = body;
      const { summary, severity, custom_details: details } = payload as Readonly<Record<string, unknown>>;
      const verb = status === 202 ? String(event_action) : `refuses ${String(event_action)} (${status})`;
      const line = `📟 PagerDuty ${verb}, ${String(severity)}: ${String(summary)} [${String(dedup_key)}]`;
      // As of mails, the first shows what they look like.
      const whole = [line, ...quoted(pageLines(details, body)).map((below) => `  ${below}`)].join('\n');
      return { key: `pagerduty ${index}`, at: Date.parse(at), line: index === 0 ? whole : line };
    });
    const mailed = mail.mails().map(({ to, subject, text, receivedAt }, index) => {
      const subjectLine = `✉️ Mail to ${to.join(', ')}: ${subject}`;
      // Mails of one incident differ little; the first shows what they look like.
      const whole = [subjectLine, ...quoted(text.trimEnd().split('\n')).map((line) => `  ${line}`)].join(
        '\n',
      );
      return { key: `mail ${index}`, at: receivedAt.getTime(), line: index === 0 ? whole : subjectLine };
    });
    const called = pagerduty.deeds().map(({ at, did, names, summary, dedupKey }, index) => {
      const what = did === 'call' ? `calls ${names.join(', ')}` : `${did} by name`;
      const line = `📟 PagerDuty ${what}: ${summary} [${dedupKey}]`;
      return { key: `deed ${index}`, at: Date.parse(at), line };
    });
    const all = [...paged, ...called, ...mailed].map((sight) => ({ ...sight, line: say(sight.line) }));
    return all.filter(({ key, line }) => isNews(key, line));
  }

  /** These two keep no time of their own: whoever wants it has to look often. */
  function glance(): void {
    const ran = github.runs().map(({ id, title, status, conclusion }) => ({
      key: `run ${id}`,
      line: `⚙️ GitHub run ${id}, “${title}”: ${conclusion ?? status}`,
    }));
    const released = sentry
      .releases()
      .flatMap(({ version, status, deploys }) => [
        ...(status === 'archived' ? [`${version} is archived`] : []),
        ...deploys.map(({ environment, name }) => `${version} is deployed to ${environment} (${name})`),
      ]);
    const all = [...ran, ...released.map((line) => ({ key: line, line: `🛡️ Sentry: ${line}` }))];
    const news = all.filter(({ key, line }) => isNews(key, line));
    glanced.push(...news.map(({ line }) => ({ at: clock.now(), line })));
  }

  return {
    begin: (what) => {
      began = clock.now();
      pages.push(`## ${timeOf(began)} ${what}`, '');
    },
    glance,
    look: () => {
      const { sights, cards } = messages();
      const all = [...pagesAndMails(), ...glanced.splice(0), ...sights].toSorted((a, b) => a.at - b.at);
      const lines = all.map(({ at, line }) => {
        const when = Math.floor(at / 1_000) === Math.floor(began / 1_000) ? '' : `${timeOf(at)} `;
        return `- ${when}${say(line)}`;
      });
      const news = [...answers(), ...(lines.length > 0 ? ['', ...lines] : []), ...cards];
      pages.push(...(news.length === 0 ? ['Nobody sees anything new.'] : news.slice(1)), '');
    },
    remark: (sentence) => pages.push(`_${sentence}_`, ''),
    section: (heading, lines) => pages.push(`## ${heading}`, '', ...lines.map(say), ''),
    thread: (card) =>
      slack.conversations().flatMap(({ id }) =>
        slack
          .messages(id)
          .filter(({ thread_ts }) => thread_ts !== undefined && cardNames(id).get(thread_ts) === card)
          .map((message) => `- ${timeOf(momentOf(message.ts))} ${readMessage(message, nameOf)[0] ?? ''}`),
      ),
    write: () =>
      `${pages
        .join('\n')
        .replace(/\n{3,}/g, '\n\n')
        .trimEnd()}\n`,
  };
}

/** What PagerDuty shows of an event below its summary. */
function pageLines(details: unknown, { client_url, links = [] }: Readonly<Record<string, unknown>>) {
  const all = [
    ...Object.entries(details ?? {}),
    ...(links as readonly { href: string; text: string }[]).map(({ text, href }) => [text, href] as const),
    ...(client_url === undefined ? [] : [['View in Slack', client_url] as const]),
  ];
  return all.map(([name, value]) => `${name}: ${String(value)}`);
}

function quoted(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line, index) => (index === lines.length - 1 ? [`> ${line}`] : [`> ${line}  `]));
}

function momentOf(ts: string): number {
  return Number(ts.split('.')[0]) * 1_000;
}

/** Takes out what differs from run to run: ports, and the hashes that they change. */
function steady(urls: Readonly<Record<string, string>>): (text: string) => string {
  const hosts = Object.entries(urls).map(([name, url]) => ({ name, port: new URL(url).port }));
  const hashes = new Map<string, string>();
  return (text) =>
    hosts
      .reduce(
        (said, { name, port }) =>
          said
            .replace(new RegExp(`http://(?:localhost|127\\.0\\.0\\.1):${port}\\b`, 'g'), `https://${name}`)
            .replace(new RegExp(`(?:localhost|127\\.0\\.0\\.1):${port}\\b`, 'g'), name),
        text,
      )
      .replace(/\b[0-9a-f]{16}\b/g, (hash) => {
        const known = hashes.get(hash) ?? `#${hashes.size + 1}`;
        hashes.set(hash, known);
        return known;
      })
      .replace(/(\/archives\/\w+\/p)\d{16}\b/g, '$1…')
      .replace(/\b\d{10}\.\d{6}\b/g, (ts) => `ts of ${timeOf(momentOf(ts))}`);
}
