import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Operation } from '../../src/core/operation/state.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { startDeployTool, type DeployTool } from '../executors/deploy-tool.ts';
import { ana, ben, hour, minute, policies, second } from '../support/given.ts';
import { fakeExecutor } from './fake-executor.ts';
import { carrying, done, openWorkshop, type Workshop } from './workshop.ts';

const stable = { kind: 'channel', id: 'channel:shop/stable' } as const;
let tool: DeployTool;
beforeEach(async () => {
  tool = await startDeployTool();
});
afterEach(() => tool.close());

/** The shipped policies, but the deploy tool deploys, and gives what it begins an id of its own. */
function byDeployTool(lookup: boolean): Policies {
  const shop = policies.channels.apps['shop'];
  const channel = shop?.channels['stable'];
  if (!shop || !channel) throw new Error('policies/channels.yml has no shop/stable any more');
  const url = `http://${tool.host}`;
  const [, ...others] = channel.rollback.steps;
  const deploy = {
    uses: 'http',
    title: 'Deploy {{version}}',
    phase: 'execute',
    target: minute,
    deadline: 5 * minute,
    with: {
      url: `${url}/deploy`,
      capture: { run: 'run.id' },
      ...(lookup ? { lookup: { url: `${url}/runs?key={{correlation|url}}`, run: 'runs.0.id' } } : {}),
      check: { url: `${url}/runs/{{run|url}}`, every: '5s', done: { 'status.state': 'succeeded' } },
    },
  } as const;
  const changed = { ...channel, rollback: { steps: [deploy, ...others] } };
  const channels = { apps: { shop: { ...shop, channels: { ...shop.channels, stable: changed } } } };
  return { ...policies, channels };
}

/** A rollback that Ben has approved; its call is on its way. */
async function rollingBack(lookup = true): Promise<Workshop> {
  const others = ['health', 'sentry-release'].map((name) => fakeExecutor({ name }).executor);
  const executors = [httpExecutor({ environment: {} }), ...others];
  const told = carrying(['slack.card', 'slack.thread', 'registry.publish', 'page.slack'], () => done);
  const steps = stepCarrier(new Map(executors.map((each) => [each.name, each])));
  const shop = await openWorkshop({ policies: byDeployTool(lookup), carriers: [told.carrier, steps] });
  const at = shop.clock.now();
  for (const [version, ago] of [
    ['1.4.2', 3 * hour],
    ['1.5.0', 2 * hour],
  ] as const) {
    const intent = { type: 'channel.set', version, reason: 'released' } as const;
    await shop.engine.submit([{ to: stable, at: at - ago, by: ana, intent }]);
  }
  const ask = { type: 'rollback.request', target: 'last-good', reason: 'it fails' } as const;
  await shop.engine.submit([{ to: stable, at, by: ana, intent: ask }]);
  const { hash } = await operation(shop);
  const to = { kind: 'operation', id: 'OP-1' } as const;
  await shop.engine.submit([{ to, at, by: ben, intent: { type: 'operation.approve', hash } }]);
  await shop.engine.start();
  return shop;
}
async function operation({ store }: Workshop): Promise<Operation> {
  return (await store.readStream('OP-1'))?.state as Operation;
}
/** Dies, and another process goes on for so long. */
async function nextProcess(shop: Workshop, time: number): Promise<Operation> {
  const next = await shop.crash(second);
  await next.engine.start();
  await next.quiet();
  for (let passed = 0; passed < time; passed += 10 * second) await next.advance(10 * second);
  const found = await operation(next);
  await next.engine.stop();
  return found;
}
const begun = () => tool.calls.filter(({ method }) => method === 'POST').length;
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

it('the id that a deploy tool has given is known to the next process, which only asks', async () => {
  tool.end = 'never';
  const shop = await rollingBack();
  await shop.quiet();
  tool.end = 'succeeded';
  expect(await nextProcess(shop, minute)).toMatchObject({ status: 'done' });
  expect(begun()).toBe(1);
  expect(
    tool.calls.filter(({ url }) => url.includes('?key=')),
    'nothing had to be looked up',
  ).toEqual([]);
});

it('killed between the call and its answer: it is looked up by our id, and not begun again', async () => {
  tool.mood = { hang: true };
  const shop = await rollingBack();
  await until(() => begun() === 1);
  tool.mood = {};
  expect(await nextProcess(shop, minute)).toMatchObject({ status: 'done' });
  expect(begun()).toBe(1);
});

it('killed between the call and its answer, and there is no look-up: unknown, for a person to look', async () => {
  tool.mood = { hang: true };
  const shop = await rollingBack(false);
  await until(() => begun() === 1);
  tool.mood = {};
  const ended = await nextProcess(shop, 6 * minute);
  expect(ended).toMatchObject({
    status: 'unknown',
    steps: [{ status: 'unknown' }, { status: 'waiting' }, {}],
  });
  expect(ended.why).toContain('its answer was lost, or had none');
  expect(begun()).toBe(1);
});
