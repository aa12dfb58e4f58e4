const part = (options) => new Intl.DateTimeFormat('en-GB', options);
const clock = part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockWithSeconds = part({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = part({ weekday: 'long', day: 'numeric', month: 'long' });
const date = part({ day: 'numeric', month: 'short' });
const shortDay = part({ weekday: 'short', day: 'numeric', month: 'short' });

export const timeOf = (at) => clock.format(at);
export const preciseTimeOf = (at) => clockWithSeconds.format(at);
export const dayOf = (at) => day.format(at);
export const shortDayOf = (at) => shortDay.format(at);

/** `14:02` today, `13 Nov` otherwise. */
export function momentOf(at, now) {
  return dayOf(at) === dayOf(now) ? timeOf(at) : date.format(at);
}

/** `40 s`, `12 min`, `3 h`, `9 days`: the largest unit, rounded down. */
export function lengthOf(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** `4:07` until something happens. */
export function countdownOf(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A Slack timestamp as milliseconds. */
export const tsToTime = (ts) => Number(ts.split('.')[0]) * 1000;

/** What Slack's date tokens mean, in the browser's time zone. */
export function slackDate(format, at) {
  return format
    .replaceAll('{time_secs}', preciseTimeOf(at))
    .replaceAll('{time}', timeOf(at))
    .replaceAll(/\{date_num\}/g, new Date(at).toLocaleDateString('sv'))
    .replaceAll(/\{date(_long|_short)?(_pretty)?\}/g, shortDayOf(at));
}
