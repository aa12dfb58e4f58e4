import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { ReleaseBots, ReportAnswer } from '../../src/bot/release-bots.ts';
import { canaryBody } from '../support/story-reports.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const bot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };
const reader: Actor = { kind: 'token', name: 'dashboard', roles: ['reader'], via: 'api' };

let world: StillWorld;
let bots: ReleaseBots;
beforeAll(async () => {
  world = await stillWorld({
    'health.yml': (text) => text.replace('release_bots: []', 'release_bots: [A0RELBOT]'),
  });
  bots = world.bot().releaseBots;
});
afterAll(() => world.close());

const report = (said: Readonly<Record<string, unknown>> = {}): object => ({
  version: '1.6.0-rc.1',
  ...canaryBody(world.clock.now(), said),
});
const words = ({ answer: { title, lines } }: ReportAnswer): string => [title, ...lines].join('\n');

describe('a canary report', () => {
  it('is answered with the verdict, when it is durable', async () => {
    const answered = await bots.reportCanary(report(), bot);
    expect(answered).toEqual({
      status: 200,
      verdict: 'pass',
      stream: 'channel:shop/canary',
      answer: { tone: 'done', title: 'shop/canary: 1.6.0-rc.1 passes: 4210 sessions.', lines: [] },
    });
    const events = await world.bot().store.readEvents('channel:shop/canary');
    expect(events.at(-1)).toMatchObject({ type: 'health.reported' });
  });

  it('that is known already changes nothing, and has the verdict again', async () => {
    await bots.reportCanary(report(), bot);
    const answered = await bots.reportCanary(report({ error_rate: 0.9 }), bot);
    expect(answered).toMatchObject({
      status: 200,
      verdict: 'pass',
      answer: { title: 'Nothing has changed.' },
    });
  });

  it('may have its channel in full, and nothing where nothing was measured', async () => {
    const { app: _none, ...rest } = report({ channel: 'shop/stable', p95_ms: null }) as { app?: string };
    const answered = await bots.reportCanary({ ...rest, version: 'v1.5.0' }, bot);
    expect(answered).toMatchObject({ status: 200, stream: 'channel:shop/stable', verdict: 'pass' });
  });

  it('that is wrong in thousands of places is answered with some of them', async () => {
    const strange = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`winow${n}`, n]));
    const { status, answer } = await bots.reportCanary({ ...strange, ['x'.repeat(10_000)]: 1 }, bot);
    expect(status).toBe(400);
    expect(answer.lines.join('\n').length).toBeLessThan(10_000);
  });

  it('that is wrong is answered with every mistake', async () => {
    const wrong = {
      chanel: 'canary',
      version: 'newest',
      window: { start: '2026-11-22T03:00:00Z', end: '2026-11-22T02:00:00Z' },
      sessions: 12.5,
      crash_free_sessions: 99.7,
      severity: 'criticle',
      url: 'javascript:alert(1)',
    };
    const answered = await bots.reportCanary(wrong, bot);
    expect([answered.status, answered.answer.tone]).toEqual([400, 'wrong']);
    expect(words(answered)).toMatchInlineSnapshot(`
      "This is no canary report
      version: expected a SemVer version such as 1.5.0; found "newest"
      window: expected a start before the end; found keys with values
      sessions: expected a whole number; found 12.5
      crash_free_sessions: expected a fraction from 0 to 1 such as 0.997, not a percentage; found 99.7
      severity: expected one of ok, info, warn, warning, error, critical; found "criticle" (did you mean critical?)
      url: expected an address that begins with https:// or http://; found "javascript:alert(1)"
      chanel: unexpected key "chanel" (did you mean channel?)"
    `);
  });

  it('that is wrong is answered also with what could be known only here: its channel, and the time', async () => {
    const window = { start: '2026-11-22T03:00:00Z', end: '2026-11-22T04:00:00Z' };
    const { sessions: _left, ...rest } = report({ channel: 'canery', window }) as { sessions?: number };
    const channel =
      'channel: There is no release channel shop/canery. Did you mean shop/canary? There are shop/stable, shop/canary.';
    const early =
      'window.end: expected a window that has ended; found one that ends at 2026-11-22 04:00 UTC, and it is 2026-11-22 03:00 UTC';
    expect(words(await bots.reportCanary(rest, bot))).toBe(
      `This is no canary report\nsessions: expected a whole number; found nothing\n${early}\n${channel}`,
    );
    const told = await bots.reportCanary(report({ channel: 'canery', window }), bot);
    expect([told.status, words(told)]).toEqual([400, `This is no canary report\n${early}\n${channel}`]);
    expect(words(await bots.reportDeployment({ channel: 'canery' }, bot))).toBe(
      `This is no deployment\nversion: expected text; found nothing\n${channel}`,
    );
  });

  it.each([
    ['no object', 'well', 'expected keys with values; found "well"'],
    ['nothing', undefined, 'expected keys with values; found nothing'],
  ])('that is %s is no report', async (_what, body, mistake) => {
    expect(await bots.reportCanary(body, bot)).toMatchObject({
      status: 400,
      answer: { title: 'This is no canary report', lines: [mistake] },
    });
  });

  it('that is anything at all is answered, and stores nothing', async () => {
    const before = await world.bot().store.readEvents('channel:shop/canary');
    const bodies = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('version', 'window', 'channel', 'sessions', '__proto__'), fc.jsonValue()),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status, answer } = await bots.reportCanary(body, bot);
        expect([status, answer.lines.length > 0]).toEqual([400, true]);
        expect(await bots.reportDeployment(body, bot)).toMatchObject({ status: 400 });
      }),
      { numRuns: 100 },
    );
    expect(await world.bot().store.readEvents('channel:shop/canary')).toEqual(before);
  });

  it('is not about times to come', async () => {
    const window = { start: '2026-11-22T03:00:00Z', end: '2026-11-22T03:05:01Z' };
    expect(words(await bots.reportCanary(report({ window }), bot))).toBe(
      'This is no canary report\nwindow.end: expected a window that has ended; found one that ends at 2026-11-22 03:05 UTC, and it is 2026-11-22 03:00 UTC',
    );
    const now = { start: '2026-11-22T02:30:00Z', end: '2026-11-22T03:05:00Z' };
    expect(await bots.reportCanary(report({ window: now }), bot)).toMatchObject({ status: 200 });
  });

  it.each([
    [
      { channel: 'canery' },
      'There is no release channel shop/canery\nDid you mean shop/canary?\nThere are shop/stable, shop/canary.',
    ],
    [
      { app: 'shoop' },
      'There is no release channel shoop/canary\nDid you mean shop/canary?\nThere are shop/stable, shop/canary.',
    ],
    [
      { app: 'other', channel: 'shop/canary' },
      'There is no release channel shop/canary of other\nThere are shop/stable, shop/canary.',
    ],
  ])('about %j is about no channel of ours', async (said, answer) => {
    const answered = await bots.reportCanary(report(said), bot);
    expect([answered.status, words(answered)]).toEqual([404, answer]);
  });

  it('is not taken from whoever only reads', async () => {
    const answered = await bots.reportCanary(report(), reader);
    expect(answered).toMatchObject({
      status: 403,
      answer: { tone: 'refused', title: 'Cannot report on 1.6.0-rc.1' },
    });
  });
});

describe('a report from Slack', () => {
  it('is taken from the apps that the policy lists, and from no other', async () => {
    const later = { start: '2026-11-22T02:40:00Z', end: '2026-11-22T03:05:00Z' };
    const body = { ...report({ window: later }), version: '1.6.0-rc.2' };
    expect(await bots.reportCanaryFromSlack(body, { appId: 'A0OTHER' })).toEqual({
      status: 403,
      answer: {
        tone: 'refused',
        title: 'Cannot report health',
        lines: ['The Slack app A0OTHER is not among release_bots in health.yml.'],
      },
    });
    expect(await bots.reportCanaryFromSlack(body, { appId: 'A0RELBOT' })).toMatchObject({
      status: 200,
      verdict: 'pass',
    });
  });
});

describe('a deployment', () => {
  it('is recorded, and once', async () => {
    const told = { channel: 'stable', version: 'v1.7.0', url: 'https://ci.example/7', id: 'deploy-7' };
    expect(await bots.reportDeployment(told, bot)).toMatchObject({
      status: 200,
      stream: 'channel:shop/stable',
      answer: { title: 'shop/stable: 1.7.0 is live now, instead of 1.5.0.' },
    });
    expect(await bots.reportDeployment(told, bot)).toMatchObject({
      status: 200,
      answer: { title: 'Nothing has changed.' },
    });
  });

  it('that is wrong, elsewhere, or not theirs to tell is refused', async () => {
    const wrong = await bots.reportDeployment({ channel: 'stable', version: 1.7, at: 'now' }, bot);
    expect([wrong.status, words(wrong)]).toEqual([
      400,
      'This is no deployment\nversion: expected text; found 1.7 (write it in quotes: "1.7")\nat: expected a time such as 2026-11-22T03:00:00Z; found "now"',
    ]);
    const told = { channel: 'beta', version: '1.7.0' };
    expect(await bots.reportDeployment(told, bot)).toMatchObject({ status: 404 });
    expect(await bots.reportDeployment({ ...told, channel: 'stable' }, reader)).toMatchObject({
      status: 403,
    });
  });

  it('under a key that was used is answered as then', async () => {
    const once = { id: 'api/relbot/k1', request: 'a', at: world.clock.now() };
    const told = { channel: 'stable', version: '1.8.0' };
    await bots.reportDeployment(told, bot, { once });
    const again = await bots.reportDeployment({ ...told, version: '1.9.0' }, bot, {
      once: { ...once, request: 'b' },
    });
    expect(again).toMatchObject({
      repeated: 'a',
      answer: { title: 'shop/stable: 1.8.0 is live now, instead of 1.7.0.' },
    });
  });
});
