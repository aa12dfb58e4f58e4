import { answer, type Answer } from '../core/answer.ts';
import { sayDate } from '../core/time.ts';
import { readItem } from '../slack/item.ts';
import type { InboxItem, Store } from '../store/store.ts';
import { readWebhookItem } from './webhook-item.ts';

/** Enough to see what is the matter; a line of an answer holds fewer. */
const longest = 16_000;
const lineLength = 900;

/** What came over a wire under an id, and what was wrong with it. */
export async function sayReceived(store: Pick<Store, 'transact'>, id: string): Promise<Answer> {
  const item = await store.transact((transaction) => transaction.inboxItem(id));
  const lines = item && linesOf(item);
  if (!item || !lines) {
    return answer(
      'refused',
      `Nothing is kept as ${id}`,
      'The id stands where it was said that something could not be understood. What comes in is kept for 10 days.',
    );
  }
  return answer(
    'info',
    `${id}, received ${sayDate(item.at)} (word for word)`,
    ...(item.note === undefined ? [] : [item.note, '']),
    ...lines,
  );
}

/** @returns undefined for what did not come over a wire: answers that are kept are nobody else's */
function linesOf(item: InboxItem): readonly string[] | undefined {
  if (item.source === 'slack') return saidInSlack(item);
  if (item.source === 'api') return undefined;
  const { headers, body } = readWebhookItem(item);
  const text = body.toString('utf8');
  // Not in the middle of an emoji.
  const shown = text.slice(0, longest).replace(/\p{Cs}$/u, '');
  const left = text.length - shown.length;
  return [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...shown.split(/\r?\n/).flatMap(inPieces),
    ...(left > 0 ? [`… and ${left} more characters`] : []),
  ];
}

/** Without the keys that stand beside it, by which others could answer in its place. */
function saidInSlack(item: InboxItem): readonly string[] {
  const body = readItem(item) ?? {};
  return ['type', 'command', 'text', 'user_id', 'user_name'].flatMap((name) => {
    const said = body[name];
    return typeof said === 'string' ? inPieces(`${name}: ${said}`) : [];
  });
}

function inPieces(line: string): readonly string[] {
  return line.match(new RegExp(`.{1,${lineLength}}`, 'gsu')) ?? [line];
}
