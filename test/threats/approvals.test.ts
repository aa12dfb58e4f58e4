import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { operationKind } from '../../src/core/operation/operation.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import type { SlackPerson } from '../../src/sandbox/neighbours/slack.ts';
import { policies, storeId } from '../support/given.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
afterEach(() => world.close());

const { ana, ben, dana } = people;
const releases = conversations.releases.id;

/** Presses a button of the first card in #releases and waits for what comes of it. */
async function press(who: SlackPerson, button: string): Promise<void> {
  await world.slack.as(who.id).click(releases, world.cards()[0]!.ts, button);
  await world.settle();
}

/** Presses a button that the card may not show any more, or never did. */
async function pressStale(who: SlackPerson, actionId: string, value: object): Promise<void> {
  await world.slack.as(who.id).clickStale({
    conversationId: releases,
    messageTs: world.cards()[0]!.ts,
    actionId,
    value: JSON.stringify({ ...value, store: storeId }),
  });
  await world.settle();
}

async function expectNothingBegan(): Promise<void> {
  expect(world.github.runs()).toEqual([]);
  expect((await world.operation('OP-1')).begunAt).toBeUndefined();
}

const cardText = (): string => JSON.stringify(world.cards()[0]!.blocks);

describe('Nobody approves what they asked for', () => {
  test('not the person who asked', async () => {
    world = await stillWorld();
    await world.type(ben.id, '/rollback stable 1.4.2 checkout answers 500');

    await press(ben, 'operation.approve');

    expect(world.told(ben.id)).toContain('Nobody approves what they asked for themselves');
    await expectNothingBegan();
  });

  test('not through a second account', async () => {
    // Dana's account is Ben's second one here.
    world = await stillWorld({
      'roster.yml': (text) =>
        text.replace('slack: U0DANA', 'slack: U0OTHER').replace('slack: U0BEN', 'slack: [U0BEN, U0DANA]'),
    });
    await world.type(ben.id, '/rollback stable 1.4.2 checkout answers 500');

    await press(dana, 'operation.approve');

    expect(world.told(dana.id)).toContain('Nobody approves what they asked for themselves');
    expect((await world.operation('OP-1')).approvals).toEqual([]);
    await expectNothingBegan();
  });
});

describe('A group of one', () => {
  test('is no group: a roster that leaves nobody else to approve is not taken, and nobody approves alone', async () => {
    world = await stillWorld();
    await world.type(ben.id, '/rollback stable 1.4.2 checkout answers 500');
    const path = join(world.settings.policiesDir, 'roster.yml');
    await writeFile(path, (await readFile(path, 'utf8')).replace('[approver, lead]', '[responder]'));
    await expect
      .poll(() => world.log(), { timeout: 10_000 })
      .toMatch(/besides the requester who may approve \(approver or lead\); found nobody when ben requests/);

    await press(ben, 'operation.approve');

    expect(world.told(ben.id)).toContain('Nobody approves what they asked for themselves');
    expect((await world.operation('OP-1')).approvals).toEqual([]);
    await expectNothingBegan();
  });
});

describe('An approval that comes late', () => {
  test.each([
    { when: 'one millisecond before the expiry', offset: -1, status: 'done' },
    { when: 'at the expiry', offset: 0, status: 'expired' },
    { when: 'one millisecond after it', offset: 1, status: 'expired' },
  ])('$when: $status', async ({ offset, status }) => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const { hash, expiresAt } = await world.operation('OP-1');
    await world.pass(expiresAt - world.clock.now() + offset);

    // The button as the person sees it, whether the card has been brought up to date or not.
    await pressStale(ben, 'operation.approve', { id: 'OP-1', hash });
    await world.pass(60_000);

    expect((await world.operation('OP-1')).status).toBe(status);
    expect(world.github.runs()).toHaveLength(status === 'done' ? 1 : 0);
  });

  test('is too late by the clock of the decision, even when nobody has told the operation yet', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const { hash, expiresAt } = await world.operation('OP-1');

    const by = {
      kind: 'person',
      person: 'ben',
      name: 'Ben Okafor',
      roles: ['approver'],
      via: 'slack',
    } as const;
    const { events } = operationKind.decide(
      await world.operation('OP-1'),
      { at: expiresAt, by, intent: { type: 'operation.approve', hash } },
      { policies, id: 'OP-1', nextOperation: 'OP-2', storeId },
    );

    expect(events).toEqual([expect.objectContaining({ type: 'request.refused' })]);
    expect(JSON.stringify(events)).toContain('expired at');
    expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
    await expectNothingBegan();
  });

  test('approved in time and carried out late: not carried out, and said so', async () => {
    world = await stillWorld({
      'approvals.yml': (text) => text.replaceAll('execute_within: 15m', 'execute_within: 2m'),
    });
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    // GitHub takes nothing for now, and says so: no run has begun.
    world.github.fail({ path: '/dispatches', retryAfter: 1 });
    await press(ben, 'operation.approve');
    await world.pass(119_000);
    expect((await world.operation('OP-1')).status).toBe('running');
    await world.pass(60_000);
    world.github.heal();
    await world.pass(60_000);

    expect(await world.operation('OP-1')).toMatchObject({ status: 'failed', verified: false });
    expect(world.github.runs()).toEqual([]);
    expect(cardText()).toContain('could not begin by');
    // Nothing was touched, so the channel is free.
    await world.type(ana.id, '/rollback stable 1.4.2 once more');
    expect((await world.operation('OP-2')).status).toBe('awaiting-approval');
  });
});

describe('A plan that is not what was planned any more is void', () => {
  test('when the channel has moved', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    // People cannot move a channel that is held; whatever else may do it one day, the approval is worth nothing.
    await world.bot().engine.submit([
      {
        to: { kind: 'channel', id: 'channel:shop/stable' },
        at: world.clock.now(),
        by: { kind: 'source', name: 'a deploy tool' },
        intent: {
          type: 'channel.move',
          operation: 'OP-0',
          version: '1.5.1',
          reason: 'hotfix',
          actor: 'a deploy tool',
        },
      },
    ]);

    await press(ben, 'operation.approve');

    expect((await world.operation('OP-1')).status).toBe('void');
    expect(cardText()).toContain('1.5.1 is live now, the plan was made for 1.5.0');
    await expectNothingBegan();
  });

  test('when the approval rule has been edited', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const path = join(world.settings.policiesDir, 'approvals.yml');
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replaceAll('roles: [approver, lead]', 'roles: [approver]'),
    );
    await expect
      .poll(() => world.policies().approvals.rules[0]?.roles, { timeout: 10_000 })
      .toEqual(['approver']);

    await press(ben, 'operation.approve');

    expect((await world.operation('OP-1')).status).toBe('void');
    expect(cardText()).toContain('approvals.yml has changed');
    await expectNothingBegan();
  });

  test('when the approval rule has been edited after one of two has approved', async () => {
    const two = (text: string) => text.replaceAll('approvals: 1', 'approvals: 2');
    const more = (text: string) => text.replace('roles: [responder]\n', 'roles: [responder, approver]\n');
    world = await stillWorld({ 'approvals.yml': two, 'roster.yml': more });
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    await press(ben, 'operation.approve');
    expect((await world.operation('OP-1')).approvals).toHaveLength(1);
    const path = join(world.settings.policiesDir, 'approvals.yml');
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replaceAll('execute_within: 15m', 'execute_within: 16m'),
    );
    await expect
      .poll(() => JSON.stringify(world.policies().approvals.rules), { timeout: 10_000 })
      .toContain(String(16 * 60_000));

    await press(dana, 'operation.approve');

    expect((await world.operation('OP-1')).status).toBe('void');
    await expectNothingBegan();
  });

  test('what runs is what was approved, whatever channels.yml says by then', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const path = join(world.settings.policiesDir, 'channels.yml');
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replaceAll("version: '{{version}}'", "version: '9.9.9'"),
    );
    await expect
      .poll(() => JSON.stringify(world.policies().channels), { timeout: 10_000 })
      .toContain('9.9.9');

    await press(ben, 'operation.approve');

    expect(world.github.runs().map(({ inputs }) => inputs['version'])).toEqual(['1.4.2']);
  });

  test('and a button with another plan on it approves nothing', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');

    await pressStale(ben, 'operation.approve', { id: 'OP-1', hash: '0123456789abcdef' });

    expect(world.told(ben.id)).toContain('belongs to another plan');
    await expectNothingBegan();
  });
});

describe('Many clicks', () => {
  test('a hundred at once, by everybody who may: one execution, and each counts once', async () => {
    world = await stillWorld({
      'approvals.yml': (text) => text.replaceAll('approvals: 1', 'approvals: 2'),
      'roster.yml': (text) => text.replace('roles: [responder]', 'roles: [responder, approver]'),
    });
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const { ts } = world.cards()[0]!;

    const clicks = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        world.slack.as((n % 2 ? ben : dana).id).click(releases, ts, 'operation.approve'),
      ),
    );
    await world.settle();
    await world.pass(60_000);

    // On a busy machine Slack's three seconds may run out (0); it was taken all the same.
    expect(clicks.filter(({ status }) => status !== 200 && status !== 0)).toEqual([]);
    const { approvals, status } = await world.operation('OP-1');
    expect(approvals.map(({ person }) => person).toSorted()).toEqual(['ben', 'dana']);
    expect(status).toBe('done');
    expect(world.github.runs()).toHaveLength(1);
    // Every click was answered, and only two of them with a yes.
    const answers = [ben, dana].flatMap(({ id }) => world.slack.ephemerals(id));
    expect(answers).toHaveLength(100);
    expect(answers.filter(({ text }) => text.startsWith('✅'))).toHaveLength(2);
  });
});

describe('A stale button', () => {
  test('after a restart and the end of its operation: no longer valid, and the card is brought up to date', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    const { hash } = await world.operation('OP-1');
    // Slack takes no update, so that everybody goes on seeing the old card.
    world.slack.fail({ path: 'chat.update' });
    await press(dana, 'operation.reject');
    expect(cardText()).toContain('operation.approve');
    await world.stopBot();
    world.slack.heal();
    await world.startBot();
    await world.settle();

    await pressStale(ben, 'operation.approve', { id: 'OP-1', hash });
    await world.pass(60_000);

    expect(world.told(ben.id)).toContain('no longer valid');
    expect((await world.operation('OP-1')).status).toBe('rejected');
    expect(cardText()).toContain('Rejected');
    expect(cardText()).not.toContain('operation.approve');
    await expectNothingBegan();
  });

  test('of a store that is gone, or of another version of Lastgood: refused, and nothing breaks', async () => {
    world = await stillWorld();
    await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
    for (const [button, value] of [
      ['operation.approve', { id: 'OP-77', hash: '0123456789abcdef' }],
      ['operation.approve', { id: 'OP-1' }],
      ['operation.explode', { id: 'OP-1' }],
      ['incident.acknowledge', { id: 'INC-77' }],
      ['incident.rollback', { id: 'INC-1', channel: 'no/such', version: '1.4.2' }],
      ['operation.approve', { __proto__: null, id: '__proto__', hash: 'constructor' }],
    ] as const) {
      const before = world.slack.ephemerals(ben.id).length;
      await pressStale(ben, button, value);
      expect(world.slack.ephemerals(ben.id)).toHaveLength(before + 1);
      expect(world.told(ben.id)).toContain('⛔');
    }
    expect(world.log()).not.toContain('"level":"error"');
    expect(world.slack.messages(conversations.emergency.id)).toEqual([]);
  });
});
