import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const inTime = 60_000;

let world: StillWorld;
beforeEach(async () => {
  world = await stillWorld();
});
afterEach(() => world.close());

async function fires(): Promise<void> {
  const alert = { key: 'pay', title: 'Nobody can pay', service: 'checkout', severity: 'P0' };
  expect(await world.deliver('generic', { ...alert, status: 'firing' })).toBe(202);
  await world.settle();
}

const rings = () => world.pagerduty.alerts().length;
const mails = () => world.mail.mails().length;
const messages = () => world.slack.messages('D0ANA').length;

describe('Within a minute of a P0, Ana has been called', () => {
  test('by mail and Slack while PagerDuty is dead', async () => {
    world.pagerduty.fail({ status: 500 });
    await fires();
    await world.pass(inTime);
    expect([rings(), mails(), messages()]).toEqual([0, 1, 1]);
  });

  test('by PagerDuty and mail while Slack is dead', async () => {
    world.slack.fail({ status: 500 });
    await fires();
    await world.pass(inTime);
    expect([rings(), mails(), messages()]).toEqual([1, 1, 0]);
  });

  test('by PagerDuty and Slack while the mail server is dead', async () => {
    world.mail.fail('refuse');
    await fires();
    await world.pass(inTime);
    expect([rings(), mails(), messages()]).toEqual([1, 0, 1]);
  });
});

test('PagerDuty is asked again and again under the same key, and rings once', async () => {
  // Each of these it has taken, and its answer is lost.
  world.pagerduty.fail({ status: 502, applied: true, times: 4 });
  await fires();
  await world.pass(4 * inTime);
  const keys = world.pagerduty.log().map(({ body }) => (body as { readonly dedup_key: string }).dedup_key);
  expect(keys.length).toBeGreaterThanOrEqual(5);
  expect(new Set(keys)).toEqual(new Set(['lastgood/k3x9w2/INC-1/rung-1.1']));
  expect(rings()).toBe(1);
});
