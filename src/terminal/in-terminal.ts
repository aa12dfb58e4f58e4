import { slashCommands } from '../../commands/index.ts';
import type { Answer } from '../core/answer.ts';
import { momentsIn, type Told } from '../core/moments.ts';
import type { Instant } from '../core/time.ts';

/** Where a word begins, and nowhere within an address, which has to lead on where it led. */
const slashed = new RegExp(`(?<![^\\s“"'‘(\`])/(${slashCommands.join('|')})(?![\\w/-]|\\.\\w)`, 'g');

/** As it is typed in a terminal: `/rollback …` is `lastgood rollback …`, and `/lastgood help` is `lastgood help`. */
export function asTyped(text: string): string {
  return text.replace(slashed, (_, command: string) =>
    command === 'lastgood' ? command : `lastgood ${command}`,
  );
}

/**
 * An answer as somebody reads it in a terminal: what they can type as they type it there, and moments in their own time.
 * What is in UTC by its heading stays so: its lines are to be the same for everybody. What is there word for word stays
 * as it came.
 */
export function inTerminal(answer: Answer, now: Instant): Answer {
  const { title, lines } = answer;
  if (title.endsWith('(word for word)')) return answer;
  const inUtc = [title, ...lines].some((text) => text.endsWith('(UTC)'));
  const say = (text: string): string => asTyped(inUtc ? text : inLocalTime(text, now));
  return { ...answer, title: say(title), lines: lines.map(say) };
}

/** @param near moments without a date are on the day on which they are nearest to this */
export function inLocalTime(text: string, near: Instant): string {
  return momentsIn(text, near)
    .map((part) => (typeof part === 'string' ? part : sayLocally(part)))
    .join('');
}

/** `04:02:00 CET`: of this moment, with its zone. */
export function sayLocalTime(at: Instant): string {
  return sayLocally({ at, withDate: false, withSeconds: true, withZone: true });
}

function sayLocally({ at, withDate, withSeconds, withZone }: Omit<Told, 'said'>): string {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return [
    ...(withDate ? [`${part('year')}-${part('month')}-${part('day')}`] : []),
    `${part('hour')}:${part('minute')}${withSeconds ? `:${part('second')}` : ''}`,
    ...(withZone ? [part('timeZoneName')] : []),
  ].join(' ');
}

const two = '2-digit';
/** In the zone of the machine, or of `TZ`. */
const format = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: two,
  day: two,
  hour: two,
  minute: two,
  second: two,
  hourCycle: 'h23',
  timeZoneName: 'short',
});
