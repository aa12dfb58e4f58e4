import type { Instant } from './time.ts';

/** A moment in a text, as it stands there. */
export interface Told {
  readonly said: string;
  readonly at: Instant;
  readonly withDate: boolean;
  readonly withSeconds: boolean;
  /** The first of two, which share what is said of their zone: `03:02:00–03:09:00 UTC`. */
  readonly withZone: boolean;
}

const moments =
  /(?<![\w:.-])(?:(\d{4}-\d\d-\d\d) )?([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d)?(?: UTC\b|(?=(?:–| to )\d\d:\d\d:\d\d UTC\b))/g;

/**
 * A text, and the moments in it that `sayMoment`, `sayDate` and the like have written: whoever shows it may say them in
 * the reader's own time.
 * @param near a moment without a date is on the day on which it is nearest to this
 */
export function momentsIn(text: string, near: Instant): readonly (string | Told)[] {
  const parts: (string | Told)[] = [];
  let from = 0;
  for (const match of text.matchAll(moments)) {
    const [said, date, hour, minute, second = ''] = match;
    const at =
      date === undefined
        ? nearest(`${hour}:${minute}${second}`, near)
        : Date.parse(`${date}T${hour}:${minute}${second || ':00'}Z`);
    if (Number.isNaN(at)) continue;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({
      said,
      at,
      withDate: date !== undefined,
      withSeconds: second !== '',
      withZone: said.endsWith('UTC'),
    });
    from = match.index + said.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

const day = 86_400_000;

function nearest(timeOfDay: string, near: Instant): Instant {
  const today = new Date(near).toISOString().slice(0, 10);
  const at = Date.parse(`${today}T${timeOfDay}${timeOfDay.length === 5 ? ':00' : ''}Z`);
  return at + Math.round((near - at) / day) * day;
}
