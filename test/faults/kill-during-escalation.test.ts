import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { chanceFrom, seedOfRun } from './support/chance.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { pause, until } from './support/process.ts';

const rungs = 7;
const every = 2;

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood({ 'escalation.yml': quickLadder });
});
afterEach(() => town.close());

test('kill -9 again and again while rungs are called: each is called once, and its pages arrive', async () => {
  const chance = chanceFrom(seedOfRun());
  let bot = await town.start();
  expect(
    await town.alert({ key: 'down', status: 'firing', title: 'Nobody can pay', ...criticalCheckout }),
  ).toBe(202);

  // Close to where a rung is called; and twice when a neighbour has taken a page and its answer is on its way still.
  for (const rung of [1, 2, 3, 4, 5]) {
    const keeps = { 2: town.slack, 4: town.pagerduty }[rung];
    keeps?.fail({ path: rung === 2 ? 'chat.postMessage' : '', applied: true, hang: true, times: 1 });
    await until(`rung ${rung} rings`, () => ringing().has(keyOf(rung)));
    if (keeps) await until('the page is there, unanswered', () => keeps.failure() === undefined);
    else await pause(chance() * 60);
    await bot.kill();
    keeps?.heal();
    if (rung < 5) bot = await town.start();
  }

  // This time it stays away for long, as its last sign of life will say, while a rung becomes due.
  await town.readStore((store) => store.writeMark('alive-at', String(Date.now() - 60_000)));
  await pause(2 * every * 1_000 + 11_000);
  bot = await town.start();
  await until('the last rung rings', () => ringing().has(keyOf(rungs)));
  await until('all that was said is in Slack', () => threadSays(`${rungs} of ${rungs}`));
  expect((await bot.terminate()).code).toBe(0);

  const events = await town.readStore(async (store) =>
    (await eventsOf(store, 'incident')).map(({ data }) => data as IncidentEvent),
  );
  const fired = events.flatMap((event) => (event.type === 'rung.fired' ? [event] : []));
  expect(fired.map(({ rung, round }) => `${rung}.${round}`)).toEqual(
    Array.from({ length: rungs }, (_, index) => `${index + 1}.1`),
  );

  // PagerDuty may hear the same twice, always under the same key; of each key it made one alert.
  expect(town.pagerduty.alerts().map(({ dedupKey }) => withoutStore(dedupKey))).toEqual(
    fired.map(({ rung }) => keyOf(rung)),
  );
  // A mail that goes out twice is the same mail, and mail programs show it once.
  expect(new Set(town.mail.mails().map(({ headers }) => headers['message-id'])).size).toBe(rungs);
  // Slack is asked before anything is posted again.
  const ids = effectIds(town.posted());
  expect(ids).toEqual([...new Set(ids)]);
  expect(town.slack.messages('D0ANA')).toHaveLength(rungs);

  const late = events.filter((event) => event.type === 'timers.late');
  expect(late).toEqual([expect.objectContaining({ steps: 2 })]);
  expect(threadSays('Lastgood was down')).toBe(true);
  expect(fired.filter(({ dueAt }) => dueAt !== undefined)).not.toEqual([]);
}, 90_000);

const criticalCheckout = { service: 'checkout', channel: 'stable', severity: 'critical' };

function keyOf(rung: number): string {
  return `INC-1/rung-${rung}.1`;
}

function withoutStore(key: string): string {
  return key.replace(/^lastgood\/[0-9a-z]{6}\//, '');
}

function ringing(): ReadonlySet<string> {
  return new Set(town.pagerduty.alerts().map(({ dedupKey }) => withoutStore(dedupKey)));
}

function threadSays(words: string): boolean {
  return town.posted().some(({ text, thread_ts }) => thread_ts !== undefined && text.includes(words));
}

/** The same person every two seconds; nothing follows the last rung for as long as a policy allows. */
function quickLadder(): string {
  const page = '[{ on_call: primary, by: [pagerduty, slack, mail] }]';
  const steps = Array.from(
    { length: rungs },
    (_, index) => `        - { after: ${index === 0 ? 0 : every}s, page: ${page} }`,
  );
  const ladder = ['      rungs:', ...steps, '      at_end: { times: 0, then_every: 1h }'].join('\n');
  return [
    'policies:',
    '  default:',
    ...['P0', 'P1', 'P2', 'P3'].map((level) => `    ${level}:\n${ladder}`),
  ].join('\n');
}
