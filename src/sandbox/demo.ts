import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sayActor } from '../core/actor.ts';
import { describeIncidentEvent } from '../core/incident/describe.ts';
import { postmortemMarkdown } from '../core/incident/postmortem.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Milliseconds } from '../core/time.ts';
import { sendAlert } from './alerts.ts';
import { conversations, people } from './cast.ts';
import { takeFolder } from './folder.ts';
import { movableClock } from './movable-clock.ts';
import { printer } from './demo-print.ts';
import { examplePolicies } from './example-policies.ts';
import { createObserver } from './sightings.ts';
import { endWith } from './start-failure.ts';
import { startWorld, type World } from './world.ts';

const minute: Milliseconds = 60_000;
const incidents = conversations.incidents.id;

/** `npm run demo [-- --json]`: the main job, unattended, in a world of its own. Exit 0 when all of it happened. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, data: { type: 'string', default: './data/demo' } },
  });
  await takeFolder(values.data);
  // It stands still and is moved by the story, so that twenty minutes take seconds.
  const clock = movableClock({ start: Math.floor(Date.now() / minute) * minute, running: false });
  const world = await startWorld({
    root: values.data,
    policies: examplePolicies,
    clock,
    port: 0,
    random: () => 0.5,
    mostInFlight: 1,
    logLevel: 'error',
    writeLog: (line) => void process.stderr.write(line),
  });
  try {
    const print = printer({ silent: values.json, now: clock.now });
    await play(world, print);
    const story = await world.bot().desk.story('INC-1');
    if (!story) throw new Error('the incident was never opened');
    if (values.json) {
      for (const event of story.events) {
        const text = describeIncidentEvent(event);
        const at = new Date(event.at).toISOString();
        if (text !== undefined)
          console.log(
            JSON.stringify({
              at,
              incident: 'INC-1',
              seq: event.seq,
              type: event.type,
              by: sayActor(event.by),
              text,
            }),
          );
      }
    }
    await mkdir(values.data, { recursive: true });
    const file = join(values.data, 'post-mortem-INC-1.md');
    await writeFile(file, postmortemMarkdown(story.postmortem));
    print.end(file);
    await check(world);
  } finally {
    await world.close();
  }
}

async function play(world: World, print: ReturnType<typeof printer>): Promise<void> {
  const look = createObserver(world);
  const settle = (): Promise<void> => world.bot().quiet();
  const passes = (by: Milliseconds): Promise<void> => world.clock.advance(by, settle);
  const beat = async (headline: string, happen: () => Promise<unknown>): Promise<void> => {
    await happen();
    await settle();
    print.beat(headline);
    print.sightings(look());
  };
  const { ana, ben } = people;
  const as = (who: { readonly id: string }) => world.slack.as(who.id);
  const card = (title: string): string => {
    const found = world.slack
      .messages(incidents)
      .findLast(({ text, thread_ts }) => thread_ts === undefined && text.includes(title));
    if (!found) throw new Error(`there is no card of ${title}`);
    return found.ts;
  };

  look();
  await beat('Checkout begins to fail; Alertmanager fires', () => sendAlert(world, 'checkout-5xx', 'firing'));
  // On the dot is kept; a moment later is not.
  await beat('Nobody acknowledges: five minutes pass', () => passes(5 * minute + 1));
  await passes(20_000);
  await beat('Ben presses Acknowledge', () =>
    as(ben).click(incidents, card('INC-1'), 'incident.acknowledge'),
  );
  await passes(40_000);
  await beat('Ana types /rollback stable 1.4.2 checkout answers 500 since 1.5.0', () =>
    as(ana).command(incidents, '/rollback', 'stable 1.4.2 checkout answers 500 since 1.5.0'),
  );
  await passes(10_000);
  await beat('Ana presses Approve on her own request', () =>
    as(ana).click(incidents, card('OP-1'), 'operation.approve'),
  );
  await passes(15_000);
  await beat('Ben presses Approve', () => as(ben).click(incidents, card('OP-1'), 'operation.approve'));
  await beat('The plan runs', () => passes(minute));
  await passes(2 * minute);
  await beat('The alert resolves', () => sendAlert(world, 'checkout-5xx', 'resolved'));
  await passes(minute);
  await beat('Ana types /incident resolve back on 1.4.2', () =>
    as(ana).command(incidents, '/incident', 'resolve back on 1.4.2'),
  );
}

/** The demo is a test, too: it fails when what it shows did not happen. */
async function check(world: World): Promise<void> {
  const operation = (await world.bot().store.readStream('OP-1'))?.state as Operation | undefined;
  const archived = world.sentry
    .releases()
    .some(({ version, status }) => version === 'shop@1.5.0' && status === 'archived');
  if (operation?.status !== 'done') throw new Error(`OP-1 is ${operation?.status ?? 'missing'}, not done`);
  if (!archived) throw new Error('Sentry does not show shop@1.5.0 as archived');
}

main().catch((error: unknown) => endWith('The demo failed.', error));
