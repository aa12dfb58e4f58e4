import { expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { send } from '../threats/support/send.ts';
import { startNeighbourhood } from './support/neighbourhood.ts';

const commands = 400;
const senders = 16;

/** Slack itself gives up after three seconds, and tells the person that the app did not respond. */
const acceptable = 1_000;

test('While nobody whom it asks answers at all, Slack hears within a second (p99) that each command was taken', async () => {
  const town = await startNeighbourhood();
  try {
    await town.start();
    for (const each of [town.slack, town.pagerduty, town.github, town.sentry]) each.fail({ hang: true });
    town.mail.fail('hang');
    const alert = { key: 'down', title: 'Nobody can pay', service: 'checkout', severity: 'P0' };
    expect(await town.alert({ ...alert, status: 'firing' })).toBe(202);

    const waiting = Array.from({ length: commands }, () =>
      town.slack.payloadForCommand(people.ana.id, conversations.releases.id, '/incident', 'ack'),
    );
    const answers: { readonly status: number; readonly after: number }[] = [];
    const sender = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { url, headers, body } = next;
        const from = performance.now();
        const { status } = await send(url, headers, body);
        answers.push({ status, after: performance.now() - from });
      }
    };
    await Promise.all(Array.from({ length: senders }, sender));

    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const slowestFirst = answers.map(({ after }) => after).toSorted((a, b) => b - a);
    expect(slowestFirst).toHaveLength(commands);
    expect(slowestFirst[commands / 100]).toBeLessThan(acceptable);
    expect((await fetch(`${town.url()}/healthz`)).status).toBe(200);
    // They did wait for somebody: nothing went out.
    expect(town.pagerduty.alerts()).toEqual([]);
  } finally {
    await town.close();
  }
}, 60_000);
